/*
 * The contract's object of an alert, a line of JSON.
 *
 * The incident's object is the database's own and goes out as it is, unless it is
 * missing or longer than a sink should take: then what the alert holds of it
 * stands in its place, and each text is cut.
 */
#include <string.h>

#include "monitor/alert/render.h"
#include "monitor/moment.h"
#include "monitor/utf8.h"

/*
 * JSON as it was stored, on one line and well-formed as UTF-8: outside its strings a control is a
 * blank, and inside there is none.
 */
static void
put_stored(FILE *out, const char *json)
{
	struct bytes rest = bytes_text(json);

	while (rest.len > 0) {
		const size_t len = utf8_character(rest);

		if (len > 0)
			fwrite(rest.at, 1, len, out);
		else if (*rest.at < 0x20)
			putc(' ', out);
		else if (*rest.at == 0x7f)
			putc(*rest.at, out);
		else
			fputs("\xef\xbf\xbd", out);
		rest = bytes_after(rest, len > 0 ? len : 1);
	}
}

void
render_member(struct json_object *o, const char *name, const char *text)
{
	char line[RENDER_VALUE_MAX];

	if (render_line(text, line, sizeof(line)) > 0)
		json_member_text(o, name, line);
}

void
render_member_moment(struct json_object *o, const char *name, int64_t moment)
{
	char text[MOMENT_TEXT_MAX];

	moment_text(moment, text);
	json_member_text(o, name, text);
}

/* As in the contract: null where it is not known. size: RENDER_VALUE_MAX at most. */
static void
put_cut(struct json_object *o, const char *name, const char *text, size_t size)
{
	char line[RENDER_VALUE_MAX];

	json_member(o, name);
	if (text == NULL) {
		fputs("null", o->out);
		return;
	}
	render_line(text, line, size);
	json_put_text(o->out, line);
}

static void
put_known(struct json_object *o, const char *name, const char *text)
{
	put_cut(o, name, text, RENDER_VALUE_MAX);
}

static void
put_evidence(struct json_object *o, const struct alert *a)
{
	json_member(o, "evidence");
	putc('[', o->out);
	for (size_t i = 0; i < a->evidence_count && i < ALERT_EVIDENCE; i++) {
		struct json_object line;

		if (i > 0)
			putc(',', o->out);
		line = json_object_begin(o->out);
		put_cut(&line, "what", a->evidence[i].what, RENDER_WHAT_MAX);
		put_cut(&line, "value", a->evidence[i].value, RENDER_EVIDENCE_MAX);
		json_object_end(&line);
	}
	putc(']', o->out);
}

/* What the alert holds of it, in the contract's order. */
static void
put_held(const struct alert *a, FILE *out)
{
	struct json_object o = json_object_begin(out);

	json_member_number(&o, "id", a->incident);
	put_known(&o, "kind", a->kind);
	put_known(&o, "severity", severity_name(a->severity));
	put_known(&o, "certainty", a->certainty);
	put_known(&o, "state", a->state);
	render_member_moment(&o, "first_seen", a->first_seen);
	render_member_moment(&o, "last_seen", a->last_seen);
	json_member_number(&o, "sessions", a->sessions);
	put_known(&o, "client", a->client);
	put_known(&o, "server", a->server);
	json_member(&o, "server_port");
	if (a->server == NULL)
		fputs("null", out);
	else
		fprintf(out, "%u", a->server_port);
	put_known(&o, "service", a->service);
	put_known(&o, "domain", a->domain);
	put_known(&o, "mx", a->mx);
	put_known(&o, "where", a->where);
	put_known(&o, "summary", a->summary);
	put_evidence(&o, a);
	put_known(&o, "refuted_by", a->refuted_by);
	json_member(&o, "cut");
	fputs("true", out);
	json_object_end(&o);
}

void
render_incident(const struct alert *a, FILE *out)
{
	if (a->incident == 0)
		fputs("null", out);
	else if (a->incident_json == NULL || strlen(a->incident_json) > RENDER_JSON_MAX)
		put_held(a, out);
	else
		put_stored(out, a->incident_json);
}

static void
put_event(struct json_object *o, const struct alert *a)
{
	json_member_text(o, "event", alert_event_name(a->event));
	if (a->event == ALERT_RAISED)
		json_member_text(o, "before", severity_name(a->before));
	if (a->event == ALERT_SUMMARY) {
		json_member_number(o, "held_back", a->held_back);
		render_member_moment(o, "held_since", a->held_since);
		json_member_text(o, "severity", severity_name(a->severity));
	}
}

/* Of what no sink should have to look up: the rest is in the incident. */
static void
put_further(struct json_object *o, const struct alert *a)
{
	const struct kind *kind = a->kind == NULL ? NULL : judge_kind(a->kind);
	char command[64];

	put_known(o, "community_id", a->community_id);
	put_known(o, "expected", kind == NULL ? NULL : kind->expected);
	put_known(o, "advice", a->advice);
	put_known(o, "reference", a->reference);
	snprintf(command, sizeof(command), "waxseal show %lld", (long long)a->incident);
	json_member_text(o, "show", command);
}

bool
render_json(const struct rendering *r)
{
	const struct alert *a = r->alert;
	struct json_object o = json_object_begin(r->out);

	json_member_number(&o, "waxseal", 1);
	put_event(&o, a);
	json_member(&o, "incident");
	render_incident(a, r->out);
	put_known(&o, "sensor", a->sensor);
	json_member_number(&o, "alert", a->id);
	render_member_moment(&o, "at", a->at);
	if (a->incident != 0)
		put_further(&o, a);
	json_object_end(&o);
	putc('\n', r->out);
	return true;
}
