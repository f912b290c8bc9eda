#include "monitor/baseline/called.h"

#include <stdio.h>
#include <string.h>

#include "monitor/policy/domain.h"

/* Any machine may be "localhost" or "mail.local". */
static void
read_host(struct bytes name, char out[MARK_VALUE_MAX])
{
	struct domain host;

	if (domain_read(name, &host) != DOMAIN_OK)
		host.text[0] = '\0';
	snprintf(out, MARK_VALUE_MAX, "%.*s", NODE_NAME_MAX, host.text);
}

static void
read_greeting(const struct session *s, char out[MARK_VALUE_MAX])
{
	out[0] = '\0';
	if (s->greetings > 0 && s->smtp.greeting_code == 220)
		read_host(parties_name_in(s->greeting[0]), out);
}

/* Sessions of one of the machines behind the address; 0: the mark is of something else. */
static uint32_t
node_sessions(const struct mark *m, int64_t time)
{
	struct tally t = mark_tally(m, time);

	return m->kind == MARK_NODE ? t.yes + t.no : 0;
}

static bool
is_named(const struct subject *server, int64_t time)
{
	for (size_t i = 0; i < server->count; i++)
		if (node_sessions(&server->marks[i], time) > 0)
			return true;
	return false;
}

/*
 * The name of the address that the greeting says, or else its only one.
 * One that few replies gave it is none: those may have been forged.
 */
static void
find_name(const struct subject *server, int64_t time, const char *greeted, struct bytes *out)
{
	bool has_several = false;

	for (size_t i = 0; i < server->count; i++) {
		const char *node = server->marks[i].value;
		struct bytes name = {(const uint8_t *)node, strcspn(node, " ")};

		if (node_sessions(&server->marks[i], time) < TALLY_STEADY)
			continue;
		if (node_is_of_name(node, greeted)) {
			*out = name;
			return;
		}
		has_several |= out->len > 0 && !bytes_equal(*out, name);
		*out = name;
	}
	if (has_several)
		*out = (struct bytes){0};
}

void
called_of(const struct session *s, const struct parties *p, const struct subject *server,
	  struct called *out)
{
	struct bytes name = {0};

	*out = (struct called){"", ""};
	if (p->node_name[0] != '\0')
		return;
	read_greeting(s, out->greeted);
	if (!is_named(server, s->start))
		return;
	find_name(server, s->start, out->greeted, &name);
	read_host(name, out->known);
	out->greeted[0] = '\0';
}
