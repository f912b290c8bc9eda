/*
 * A line as Suricata's EVE log has it: an incident is an alert, a session an event
 * of SMTP with what was seen of TLS.
 *
 * Signatures are numbered by their kind's name, within the range that Suricata
 * leaves to local rules, so that a number stays the same whatever kinds are added.
 */
#include <string.h>

#include "monitor/alert/render.h"
#include "monitor/alert/siem.h"

#define SIGNATURES_FROM 1000000u
#define SIGNATURES      1000000u
#define FLOW_BITS       53 /* what a reader that takes numbers for doubles holds */

/* FNV-1a: spreads names, keeps no secret. */
static uint64_t
sum_of(const char *text)
{
	uint64_t sum = UINT64_C(14695981039346656037);

	for (; text != NULL && *text != '\0'; text++)
		sum = (sum ^ (uint8_t)*text) * UINT64_C(1099511628211);
	return sum;
}

/* Suricata's: 1 is the worst. */
static int
priority_of(const char *severity)
{
	enum severity s;

	if (severity == NULL || !severity_of(severity, &s))
		return 3;
	return 4 - (int)s;
}

/* "2026-03-09T09:07:00.006760+0000" */
static void
put_time(struct json_object *o, const char *name, const char *moment)
{
	char text[MOMENT_TEXT_MAX + 8];
	size_t length;

	if (moment == NULL)
		return;
	length = (size_t)snprintf(text, MOMENT_TEXT_MAX, "%s", moment);
	if (length > 0 && length < MOMENT_TEXT_MAX && text[length - 1] == 'Z')
		memcpy(text + length - 1, "+0000", sizeof("+0000"));
	render_member(o, name, text);
}

static void
put_flow(struct json_object *o, const struct siem *s)
{
	const uint64_t flow = sum_of(s->community_id) >> (64 - FLOW_BITS);

	if (s->community_id != NULL)
		json_member_number(o, "flow_id", (int64_t)flow);
	json_member_text(o, "event_type", s->is_session ? "smtp" : "alert");
	/* These take addresses alone. */
	if (siem_family(s->client) != 0)
		json_member_text(o, "src_ip", s->client);
	siem_member_number(o, "src_port", s->client_port);
	if (siem_family(s->server) != 0)
		json_member_text(o, "dest_ip", s->server);
	siem_member_number(o, "dest_port", s->server_port);
	json_member_text(o, "proto", "TCP");
	json_member_text(o, "app_proto", "smtp");
	render_member(o, "community_id", s->community_id);
	render_member(o, "host", s->sensor);
}

/* Metadata are lists of words there. */
static void
put_metadata(struct json_object *o, const char *name, const char *value)
{
	char line[RENDER_VALUE_MAX];

	if (render_line(value, line, sizeof(line)) == 0)
		return;
	json_member(o, name);
	putc('[', o->out);
	json_put_text(o->out, line);
	putc(']', o->out);
}

/* Categories are those of Suricata's classification.config: bad-unknown, policy-violation. */
static void
put_alert(struct json_object *o, const struct siem *s)
{
	const struct kind *kind = s->kind == NULL ? NULL : judge_kind(s->kind);
	const bool is_own_doing = kind != NULL && kind->is_own_doing;
	char signature[RENDER_TITLE_MAX];
	struct json_object a, m;

	snprintf(signature, sizeof(signature), "waxseal: %s",
		 kind != NULL       ? kind->title
		 : s->event != NULL ? s->event
				    : "incident");
	json_member(o, "alert");
	a = json_object_begin(o->out);
	json_member_text(&a, "action", "allowed");
	json_member_number(&a, "gid", 1);
	json_member_number(&a, "signature_id",
			   (int64_t)(SIGNATURES_FROM + sum_of(s->kind) % SIGNATURES));
	json_member_number(&a, "rev", 1);
	json_member_text(&a, "signature", signature);
	json_member_text(&a, "category",
			 is_own_doing ? "Potential Corporate Privacy Violation"
				      : "Potentially Bad Traffic");
	json_member_number(&a, "severity", priority_of(s->severity));
	json_member(&a, "metadata");
	m = json_object_begin(o->out);
	put_metadata(&m, "kind", s->kind);
	put_metadata(&m, "certainty", s->certainty);
	put_metadata(&m, "incident", s->id);
	json_object_end(&m);
	json_object_end(&a);
}

/* As Suricata spells it: "TLSv1", but "TLS 1.1" and later. */
static void
put_version(struct json_object *t, const char *version)
{
	char text[16];

	if (version == NULL || strncmp(version, "TLSv1.", 6) != 0)
		snprintf(text, sizeof(text), "%s", version == NULL ? "" : version);
	else if (strcmp(version, "TLSv1.0") == 0)
		snprintf(text, sizeof(text), "TLSv1");
	else
		snprintf(text, sizeof(text), "TLS %s", version + 4);
	render_member(t, "version", text);
}

static void
put_tls(struct json_object *o, const struct siem *s)
{
	struct json_object t;

	if (!siem_tls_begin(o, s, &t))
		return;
	put_version(&t, s->tls_version);
	render_member(&t, "sni", s->tls_sni);
	if (s->tls_resumed != NULL && strcmp(s->tls_resumed, "true") == 0)
		siem_member_flag(&t, "session_resumed", "true");
	if (s->ja3 != NULL) {
		struct json_object j;

		json_member(&t, "ja3");
		j = json_object_begin(o->out);
		render_member(&j, "hash", s->ja3);
		json_object_end(&j);
	}
	render_member(&t, "ja4", s->ja4);
	json_object_end(&t);
}

static void
put_smtp(struct json_object *o, const struct siem *s)
{
	struct json_object m;

	json_member(o, "smtp");
	m = json_object_begin(o->out);
	render_member(&m, "helo", s->helo);
	json_object_end(&m);
}

void
siem_put_eve(const struct siem *s, FILE *out)
{
	struct json_object o = json_object_begin(out);

	put_time(&o, "timestamp", s->at);
	put_flow(&o, s);
	if (s->is_session) {
		put_smtp(&o, s);
		put_tls(&o, s);
	} else {
		put_alert(&o, s);
	}
	siem_member_own(&o, s);
	json_object_end(&o);
	putc('\n', out);
}
