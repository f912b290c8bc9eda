/* Sections of the configuration file; see section.h. */
#include "monitor/section.h"

#include <stdio.h>
#include <string.h>

#include "dissector/text.h"
#include "monitor/alert/mute.h"
#include "monitor/alert/sink_settings.h"
#include "monitor/nearest.h"

const struct section_kind *const section_kinds[] = {&mute_section, &sink_section};

const size_t section_kind_count = sizeof(section_kinds) / sizeof(section_kinds[0]);

static const struct section_kind *
kind_of(struct bytes name)
{
	for (size_t i = 0; i < section_kind_count; i++)
		if (bytes_equal(name, bytes_text(section_kinds[i]->name)))
			return section_kinds[i];
	return NULL;
}

static bool
is_name(struct bytes name)
{
	for (size_t i = 0; i < name.len; i++) {
		const uint8_t c = text_lower(name.at[i]);

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-' && c != '_')
			return false;
	}
	return name.len > 0 && name.len <= SECTION_NAME_MAX;
}

bool
section_end(struct taking *t, struct section *s)
{
	char problem[OPTIONS_WHY_MAX];

	if (s->kind == NULL || s->kind->end(t, s->subject))
		return true;
	snprintf(problem, sizeof(problem), "%s", t->why);
	return flag_refuse(t, "[%s %s] of line %zu: %s", s->kind->name, s->name, s->line, problem);
}

bool
section_begin(struct taking *t, struct section *s, struct bytes head, size_t line)
{
	const struct bytes inner = text_trim(bytes_first(bytes_after(head, 1), head.len - 2));
	const size_t blank = bytes_find(inner, ' ');
	const struct bytes name = text_trim(bytes_after(inner, blank));

	if (head.len < 2 || head.at[head.len - 1] != ']')
		return flag_refuse(t, "not a section ([kind name])");
	if (!section_end(t, s))
		return false;
	*s = (struct section){.kind = kind_of(bytes_first(inner, blank)), .line = line};
	if (s->kind == NULL)
		return flag_refuse(t, "unknown kind of section (waxseal(8) lists them)");
	if (!is_name(name))
		return flag_refuse(t,
				   "[%s ...]: give it a name of 1 to %d letters, digits, hyphens "
				   "and underscores, as [%s ops]",
				   s->kind->name, SECTION_NAME_MAX, s->kind->name);
	s->name = flag_keep(t, (const char *)name.at, name.len);
	if (s->name == NULL)
		return false;
	s->subject = s->kind->begin(t, s->name);
	return s->subject != NULL;
}

static const char *
setting_near(const struct section_kind *kind, const char *typed)
{
	const char *nearest = NULL;
	size_t least = 0;

	for (size_t i = 0; i < kind->count; i++)
		if (nearest_is_nearer(typed, kind->settings[i].name, &least))
			nearest = kind->settings[i].name;
	return nearest;
}

static bool
unknown(struct taking *t, const struct section *s, struct bytes name)
{
	char typed[64];
	const char *near;

	snprintf(typed, sizeof(typed), "%.*s", (int)name.len, (const char *)name.at);
	near = setting_near(s->kind, typed);
	if (near != NULL)
		return flag_refuse(t, "%s: no setting of [%s] (did you mean %s?)", typed,
				   s->kind->name, near);
	return flag_refuse(t,
			   "%s: no setting of [%s] (settings of the whole program stand before "
			   "the first section)",
			   typed, s->kind->name);
}

bool
section_take(struct taking *t, struct section *s, struct bytes name, const char *value)
{
	for (size_t i = 0; i < s->kind->count; i++) {
		const struct setting *setting = &s->kind->settings[i];
		const uint64_t bit = UINT64_C(1) << i;

		if (!bytes_equal(name, bytes_text(setting->name)))
			continue;
		if ((s->seen & bit) != 0 && !setting->may_repeat)
			return flag_refuse(t, "%s: given twice in [%s %s]", setting->name,
					   s->kind->name, s->name);
		s->seen |= bit;
		return setting->take(t, s->subject, value);
	}
	return unknown(t, s, name);
}
