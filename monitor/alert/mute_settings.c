/* The settings of [mute NAME], and of the command that adds a mute; see mute.h. */
#include <stdlib.h>
#include <string.h>

#include "dissector/text.h"
#include "monitor/alert/mute.h"
#include "monitor/flag_take.h"
#include "monitor/moment.h"

bool
mute_take_kind(struct taking *t, struct mute *m, const char *value)
{
	return scope_kind(t, &m->scope, value);
}

bool
mute_take_client(struct taking *t, struct mute *m, const char *value)
{
	return scope_client(t, &m->scope, value) && flag_append(t, &m->clients, value);
}

bool
mute_take_server(struct taking *t, struct mute *m, const char *value)
{
	return scope_server(t, &m->scope, value) && flag_append(t, &m->servers, value);
}

bool
mute_take_domain(struct taking *t, struct mute *m, const char *value)
{
	return scope_domain(t, &m->scope, value);
}

bool
mute_take_severity(struct taking *t, struct mute *m, const char *value)
{
	size_t chosen;

	if (!flag_choose(t, "severity", value, flag_severity, &chosen))
		return false;
	m->severity = (enum severity)chosen;
	return true;
}

bool
mute_take_until(struct taking *t, struct mute *m, const char *value)
{
	m->until = INT64_MAX;
	if (strcmp(value, "never") == 0)
		return true;
	/* What has no date is a span, and one of the past. */
	if (strchr(value, '-') != NULL && moment_parse(value, t->now, &m->until))
		return true;
	return flag_refuse(
	    t, "%suntil %s: not a time (2026-03-01 or 2026-03-01T12:00:00Z, UTC; or never)",
	    flag_dashes(t), value);
}

bool
mute_take_why(struct taking *t, struct mute *m, const char *value)
{
	m->why = value;
	return (text_trim(bytes_text(value)).len > 0 && flag_line(t, "why", value, MUTE_WHY_MAX)) ||
	       flag_refuse(t, "%swhy: not one line of 1 to %d bytes of text", flag_dashes(t),
			   MUTE_WHY_MAX);
}

#define SETTING(name)                                                    \
	static bool set_##name(struct taking *t, void *m, const char *v) \
	{                                                                \
		return mute_take_##name(t, m, v);                        \
	}

SETTING(kind)
SETTING(client)
SETTING(server)
SETTING(domain)
SETTING(severity)
SETTING(until)
SETTING(why)

static const struct setting settings[] = {
    {"kind", "KIND", set_kind, true, "of this kind alone; several may follow"},
    {"client", "ADDR[/N]", set_client, true, "of this client or network alone; likewise"},
    {"server", "ADDR[/N]", set_server, true, "of this server or network alone; likewise"},
    {"domain", "DOMAIN", set_domain, true, "of this domain alone; likewise"},
    {"severity", "SEVERITY", set_severity, false,
     "up to this one; what is worse is told (default: critical)"},
    {"until", "TIME", set_until, false,
     "RFC 3339: what begins later is told; or never (the default)"},
    {"why", "TEXT", set_why, false, "what it is, and who decided so; needed"},
};

static void *
begin(struct taking *t, const char *name)
{
	struct mute *m;

	if (t->out->mutes == NULL)
		t->out->mutes = calloc(1, sizeof(*t->out->mutes));
	for (size_t i = 0; t->out->mutes != NULL && i < t->out->mutes->count; i++)
		if (strcmp(t->out->mutes->at[i].name, name) == 0) {
			flag_refuse(t, "[mute %s]: there is one of this name already", name);
			return NULL;
		}
	if (t->out->mutes != NULL && t->out->mutes->count == MUTES_MAX) {
		flag_refuse(t,
			    "[mute %s]: more than %d mutes (one may name several clients, servers, "
			    "domains and kinds)",
			    name, MUTES_MAX);
		return NULL;
	}
	m = t->out->mutes == NULL ? NULL : mutes_add(t->out->mutes);
	if (m == NULL)
		flag_refuse(t, "[mute %s]: out of memory", name);
	else
		m->name = name;
	return m;
}

static bool
end(struct taking *t, void *subject)
{
	static struct mute_text room; /* large */
	struct mute_row row;
	const char *fault = mute_fault(subject);

	if (fault == NULL && !mute_row_of(subject, &room, &row))
		fault = "too long a list (make two of it)";
	return fault == NULL || flag_refuse(t, "%s", fault);
}

const struct section_kind mute_section = {"mute", settings, sizeof(settings) / sizeof(settings[0]),
					  begin,  end,      NULL};
