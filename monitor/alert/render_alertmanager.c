/*
 * Alerts for POST /api/v2/alerts of Prometheus Alertmanager.
 *
 * An alert there is known by all of its labels together: they are few and stay
 * the same while an incident lasts, and what changes stands in annotations.
 * Severity is a label all the same, since routes are chosen by labels alone: where
 * it rises, the alert of the old severity is resolved as the new one fires.
 *
 * Alertmanager forgets what is not told again before it ends: an open incident's
 * end is set further ahead than the next time that it will be told.
 */
#include <inttypes.h>
#include <string.h>

#include "dissector/text.h"
#include "monitor/alert/render.h"

#define MINUTE INT64_C(60000000) /* microseconds */
/* It is told again every 20 minutes: two of them may be lost. */
#define OPEN_FOR    (70 * MINUTE)
#define SUMMARY_FOR (60 * MINUTE)
#define TEST_FOR    (5 * MINUTE)

static const char *
alert_name(const struct alert *a)
{
	if (a->incident != 0)
		return "WaxsealIncident";
	return a->event == ALERT_TEST ? "WaxsealTest" : "WaxsealSummary";
}

static void
put_labels(struct json_object *o, const struct alert *a, enum severity severity)
{
	struct json_object labels;
	char incident[24];

	json_member(o, "labels");
	labels = json_object_begin(o->out);
	json_member_text(&labels, "alertname", alert_name(a));
	json_member_text(&labels, "severity", severity_name(severity));
	render_member(&labels, "sensor", a->sensor);
	if (a->incident != 0) {
		render_member(&labels, "kind", a->kind);
		snprintf(incident, sizeof(incident), "%" PRId64, a->incident);
		json_member_text(&labels, "incident", incident);
	}
	json_object_end(&labels);
}

/* Lines of evidence as one text: an annotation has a name of its own, and they have not. */
static void
put_evidence(struct json_object *o, const struct alert *a)
{
	char text[4 * RENDER_VALUE_MAX] = "", what[RENDER_WHAT_MAX], value[RENDER_EVIDENCE_MAX];
	size_t used = 0;

	for (size_t i = 0; i < a->evidence_count && i < ALERT_EVIDENCE; i++) {
		const size_t what_length = render_line(a->evidence[i].what, what, sizeof(what));
		const size_t length = render_line(a->evidence[i].value, value, sizeof(value));

		if (used + what_length + length + 4 > sizeof(text))
			break;
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s: %s\n", what, value);
	}
	if (used > 0)
		json_member_text(o, "evidence", text);
}

static void
put_incident(struct json_object *o, const struct alert *a)
{
	const struct kind *kind = a->kind == NULL ? NULL : judge_kind(a->kind);
	char server[RENDER_VALUE_MAX], show[64];

	render_member(o, "description", a->summary);
	render_member(o, "expected", kind == NULL ? NULL : kind->expected);
	render_member(o, "certainty", a->certainty);
	render_member(o, "client", a->client);
	render_server(a, server);
	render_member(o, "server", server);
	render_member(o, "service", a->service);
	render_member(o, "domain", a->domain);
	render_member(o, "mx", a->mx);
	render_member(o, "where", a->where);
	render_member(o, "community_id", a->community_id);
	put_evidence(o, a);
	render_member(o, "refuted_by", a->refuted_by);
	render_member(o, "advice", a->advice);
	render_member(o, "reference", a->reference);
	snprintf(show, sizeof(show), "waxseal show %" PRId64, a->incident);
	json_member_text(o, "show", show);
}

static void
put_annotations(struct json_object *o, const struct alert *a)
{
	struct json_object annotations;
	char title[RENDER_TITLE_MAX];

	json_member(o, "annotations");
	annotations = json_object_begin(o->out);
	render_title(a, title);
	json_member_text(&annotations, "summary", title);
	if (a->incident != 0)
		put_incident(&annotations, a);
	json_object_end(&annotations);
}

/* There is no page to link to; it must be a URI, and this one says which incident it is. */
static void
put_generator(struct json_object *o, const struct alert *a)
{
	json_member(o, "generatorURL");
	fputs("\"waxseal://", o->out);
	for (const char *at = a->sensor == NULL ? "" : a->sensor; *at != '\0'; at++) {
		const uint8_t c = (uint8_t)*at;

		/* RFC 3986 section 2.3. */
		if (text_is_alpha(c) || text_is_digit(c) || c == '-' || c == '.' || c == '_')
			putc(c, o->out);
		else
			fprintf(o->out, "%%%02X", c);
	}
	fprintf(o->out, "/incidents/%" PRId64 "\"", a->incident);
}

static int64_t
lasts_for(const struct alert *a)
{
	if (a->incident != 0)
		return OPEN_FOR;
	return a->event == ALERT_TEST ? TEST_FOR : SUMMARY_FOR;
}

static void
put_alert(const struct alert *a, enum severity severity, bool is_over, FILE *out)
{
	const int64_t now = a->now == 0 ? a->at : a->now;
	const int64_t start = a->incident != 0 && a->first_seen != 0 ? a->first_seen : a->at;
	struct json_object o = json_object_begin(out);

	put_labels(&o, a, severity);
	put_annotations(&o, a);
	/* An end before the start is refused: a capture may be ahead of this machine's clock. */
	render_member_moment(&o, "startsAt", start < now ? start : now);
	render_member_moment(&o, "endsAt", is_over ? now : now + lasts_for(a));
	put_generator(&o, a);
	json_object_end(&o);
}

bool
render_alertmanager(const struct rendering *r)
{
	const struct alert *a = r->alert;

	putc('[', r->out);
	if (a->event == ALERT_RAISED && a->before != a->severity) {
		put_alert(a, a->before, true, r->out);
		putc(',', r->out);
	}
	put_alert(a, a->severity, a->event == ALERT_CLOSED, r->out);
	putc(']', r->out);
	return true;
}
