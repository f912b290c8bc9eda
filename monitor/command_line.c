/*
 * A command line as flags with their values, and words.
 *
 * A flag that takes a value has what is attached to it, or the next argument,
 * whatever that looks like.
 */
#include "monitor/command_line.h"

#include <stdio.h>
#include <string.h>

#include "dissector/text.h"
#include "monitor/nearest.h"

/* One walk over the command line. */
struct walk {
	int argc;
	char *const *argv;
	int at;             /* the next argument */
	bool is_only_words; /* "--" was seen */
};

static const char *
flag_word(size_t i)
{
	return i < flag_count ? flags[i].name : NULL;
}

static bool
refuse_flag(struct taking *t, const char *shown, size_t length)
{
	char name[64];
	const char *near;

	if (text_is_digit((uint8_t)shown[1]))
		return flag_refuse(t, "%.64s: not the id of an incident (a number from 1 up)",
				   shown);
	snprintf(name, sizeof(name), "%.*s", (int)(length > 60 ? 60 : length), shown);
	near = name[1] == '-' ? nearest_word(name + 2, flag_word) : NULL;
	if (near != NULL)
		return flag_refuse(t, "unknown option %s (did you mean --%s?)", name, near);
	return flag_refuse(t, "unknown option %s (--help lists them)", name);
}

/* The value of a flag: what is attached to it, or the next argument. */
static bool
value_of(struct taking *t, struct walk *w, const char *attached, struct found *f)
{
	f->value = attached;
	if (f->flag->value == NULL)
		return true;
	if (f->value == NULL && w->at < w->argc)
		f->value = w->argv[w->at++];
	if (f->value == NULL)
		return flag_refuse(t, "%s needs a value (%s)", f->shown, f->flag->value);
	if (f->value[0] == '\0' && f->flag->groups != FLAG_NOTE)
		return flag_refuse(t, "%s: the value is empty (%s)", f->shown, f->flag->value);
	return true;
}

static bool
long_flag(struct taking *t, struct walk *w, uint32_t groups, struct found *f)
{
	const char *name = f->shown + 2;
	const size_t length = strcspn(name, "=");
	const char *attached = name[length] == '=' ? name + length + 1 : NULL;

	f->flag = flag_find(name, length, groups);
	if (f->flag == NULL)
		return refuse_flag(t, f->shown, length + 2);
	if (attached != NULL && f->flag->value == NULL)
		return flag_refuse(t, "--%s takes no value", f->flag->name);
	return value_of(t, w, attached, f);
}

/* "-vq", "-rFILE", "-r FILE" */
static bool
short_flags(struct taking *t, struct walk *w, uint32_t groups, struct found *f,
	    command_line_visit *each)
{
	for (const char *letter = f->shown + 1; *letter != '\0'; letter++) {
		f->flag = flag_find_letter(*letter, groups);
		if (f->flag == NULL)
			return refuse_flag(t, f->shown, strlen(f->shown));
		if (!value_of(t, w, letter[1] == '\0' ? NULL : letter + 1, f) || !each(t, f))
			return false;
		if (f->flag->value != NULL)
			return true;
	}
	return true;
}

bool
command_line_walk(struct taking *t, uint32_t groups, command_line_visit *each)
{
	struct walk w = {.argc = t->out->argc, .argv = t->out->argv, .at = 1};

	while (w.at < w.argc) {
		struct found f = {.shown = w.argv[w.at++]};

		if (w.is_only_words || f.shown[0] != '-' || f.shown[1] == '\0') {
			f.value = f.shown;
			if (!each(t, &f))
				return false;
		} else if (f.shown[1] != '-') {
			if (!short_flags(t, &w, groups, &f, each))
				return false;
		} else if (f.shown[2] == '\0') {
			w.is_only_words = true;
		} else if (!long_flag(t, &w, groups, &f) || !each(t, &f)) {
			return false;
		}
	}
	return true;
}
