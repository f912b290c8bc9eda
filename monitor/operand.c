/*
 * The words behind a command, each checked and put into struct options.
 */
#include "monitor/operand.h"

#include <assert.h>
#include <string.h>

#include "dissector/text.h"
#include "monitor/command/command.h"

#define ID_DIGITS_MAX 19 /* of the largest id */

/* of: what it is the id of, with its article; list: what lists them. */
static bool
id_parse(struct taking *t, const char *word, const char *of, const char *list)
{
	size_t length;
	uint64_t id;

	assert(word != NULL);
	length = strlen(word);

	if (length > ID_DIGITS_MAX ||
	    !text_number((struct bytes){(const uint8_t *)word, length}, &id) || id == 0 ||
	    id > INT64_MAX)
		return flag_refuse(t,
				   "%.64s: not the id of %s (a number from 1 up; waxseal %s lists "
				   "them)",
				   word, of, list);
	t->out->id = (int64_t)id;
	return true;
}

static bool
action_parse(struct taking *t, const char *word, const char *const *actions, const char *shown)
{
	assert(word != NULL);
	for (size_t i = 0; actions[i] != NULL; i++)
		if (strcmp(word, actions[i]) == 0) {
			t->out->action = actions[i];
			return true;
		}
	return flag_refuse(t, "%s %.64s: unknown (one of: %s)", t->out->command->name, word, shown);
}

/* What follows db. */
static bool
db_operand(struct taking *t, const char *word, bool *is_taken)
{
	static const char *const actions[] = {"check", "stats", "prune", "backup", NULL};
	struct options *o = t->out;

	if (o->action == NULL)
		return action_parse(t, word, actions, ACTIONS_DB);
	*is_taken = strcmp(o->action, "backup") == 0 && o->output == NULL;
	if (*is_taken)
		o->output = word;
	return true;
}

/* What follows alert. */
static bool
alert_operand(struct taking *t, const char *word, bool *is_taken)
{
	static const char *const actions[] = {"test", "list", "retry", NULL};
	struct options *o = t->out;

	if (o->action == NULL)
		return action_parse(t, word, actions, ACTIONS_ALERT);
	if (strcmp(o->action, "retry") == 0 && o->id == 0)
		return id_parse(t, word, "an alert", "alert list");
	*is_taken = strcmp(o->action, "test") == 0 && o->sink == NULL;
	if (*is_taken)
		o->sink = word;
	return true;
}

/* What follows mute. */
static bool
mute_operand(struct taking *t, const char *word, bool *is_taken)
{
	static const char *const actions[] = {"list", "add", "remove", NULL};
	struct options *o = t->out;

	if (o->action == NULL)
		return action_parse(t, word, actions, ACTIONS_MUTE);
	*is_taken = strcmp(o->action, "remove") == 0 && o->id == 0;
	return !*is_taken || id_parse(t, word, "a mute", "mute");
}

static bool
domain_parse(struct taking *t, const char *word)
{
	const char *why = NULL;

	assert(word != NULL);
	switch (domain_read(bytes_text(word), &t->out->domain)) {
	case DOMAIN_OK:
		return true;
	case DOMAIN_BAD:
		why = "not the name of a domain (example.com)";
		break;
	case DOMAIN_ADDRESS:
		why = "an address, which has no policy (a domain, as example.com)";
		break;
	case DOMAIN_SINGLE_LABEL:
		why = "a single label is no domain that takes mail (example.com)";
		break;
	case DOMAIN_NUMERIC_TLD:
		why = "no top-level domain is a number (example.com)";
		break;
	case DOMAIN_SPECIAL_USE:
		why = "of special use, and not in the public DNS (RFC 6761)";
		break;
	}
	return flag_refuse(t, "%.64s: %s", word, why);
}

bool
operand_take(struct taking *t, const char *word)
{
	struct options *o = t->out;
	bool is_taken = true;

	switch (o->command->operands) {
	case OPERANDS_NONE:
		break;
	case OPERANDS_FILES:
		/* Several files may follow one -r, as a shell's "*" gives them. */
		if (o->watch.files.count > 0)
			return flag_find_letter('r', FLAG_WATCH)->take(t, word);
		return flag_refuse(t, "%s: unexpected (to read a capture: -r %s)", word, word);
	case OPERANDS_ID:
		if (o->id == 0)
			return id_parse(t, word, "an incident", "incidents");
		break;
	case OPERANDS_ACTION:
		if (!db_operand(t, word, &is_taken) || is_taken)
			return t->why[0] == '\0';
		break;
	case OPERANDS_ALERT:
		if (!alert_operand(t, word, &is_taken) || is_taken)
			return t->why[0] == '\0';
		break;
	case OPERANDS_MUTE:
		if (!mute_operand(t, word, &is_taken) || is_taken)
			return t->why[0] == '\0';
		break;
	case OPERANDS_DOMAIN:
		if (o->domain.text[0] == '\0')
			return domain_parse(t, word);
		break;
	}
	return flag_refuse(t, "%.64s: unexpected (waxseal %s --help)", word, o->command->name);
}
