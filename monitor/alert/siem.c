/* From alerts and rows to what schemas of others ask for; see siem.h. */
#include "monitor/alert/siem.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "monitor/alert/render.h"

static const char *
moment_in(char room[MOMENT_TEXT_MAX], int64_t moment)
{
	moment_text(moment, room);
	return room;
}

static void
take_incident(const struct alert *a, struct siem *out)
{
	snprintf(out->numbers[0], SIEM_ID_MAX, "%" PRId64, a->incident);
	snprintf(out->numbers[1], SIEM_ID_MAX, "%u", a->server_port);
	out->id = out->numbers[0];
	out->start = moment_in(out->moments[1], a->first_seen);
	out->end = moment_in(out->moments[2], a->last_seen);
	out->client = a->client;
	out->server = a->server;
	out->server_port = a->server == NULL ? NULL : out->numbers[1];
	snprintf(out->numbers[2], SIEM_ID_MAX, "%u", a->client_port);
	out->client_port = a->client_port == 0 ? NULL : out->numbers[2];
	out->service = a->service;
	out->server_name = a->mx;
	out->community_id = a->community_id;
	out->kind = a->kind;
	out->certainty = a->certainty;
	out->domain = a->domain;
	out->summary = a->summary;
}

void
siem_of_alert(const struct alert *a, const char *host, struct siem *out)
{
	*out = (struct siem){
	    .event = alert_event_name(a->event),
	    .sensor = a->sensor,
	    .host = host,
	    .severity = severity_name(a->severity),
	};
	out->at = moment_in(out->moments[0], a->at);
	if (a->incident != 0)
		take_incident(a, out);
}

void
siem_of_incident(const struct row *row, struct siem *out)
{
	*out = (struct siem){
	    .at = row_value(row, "last_seen"),
	    .start = row_value(row, "first_seen"),
	    .end = row_value(row, "last_seen"),
	    .sensor = row_value(row, "sensor"),
	    .client = row_value(row, "client"),
	    .server = row_value(row, "server"),
	    .server_port = row_value(row, "server_port"),
	    .service = row_value(row, "service"),
	    .server_name = row_value(row, "mx"),
	    .own = row->json,
	    .id = row_value(row, "id"),
	    .kind = row_value(row, "kind"),
	    .severity = row_value(row, "severity"),
	    .certainty = row_value(row, "certainty"),
	    .domain = row_value(row, "domain"),
	    .summary = row_value(row, "summary"),
	};
}

void
siem_of_session(const struct row *row, struct siem *out)
{
	*out = (struct siem){
	    .is_session = true,
	    .at = row_value(row, "start"),
	    .start = row_value(row, "start"),
	    .end = row_value(row, "end"),
	    .sensor = row_value(row, "sensor"),
	    .client = row_value(row, "client"),
	    .client_port = row_value(row, "client_port"),
	    .server = row_value(row, "server"),
	    .server_port = row_value(row, "server_port"),
	    .service = row_value(row, "service"),
	    .community_id = row_value(row, "community_id"),
	    .own = row->json,
	    .id = row_value(row, "id"),
	    .outcome = row_value(row, "outcome"),
	    .helo = row_value(row, "helo"),
	    .tls_version = row_value(row, "tls_version"),
	    .tls_cipher = row_value(row, "tls_cipher"),
	    .tls_sni = row_value(row, "tls_sni"),
	    .tls_alpn = row_value(row, "tls_alpn"),
	    .tls_resumed = row_value(row, "tls_resumed"),
	    .cert_sha256 = row_value(row, "tls_cert_sha256"),
	    .ja3 = row_value(row, "tls_ja3"),
	    .ja4 = row_value(row, "tls_ja4"),
	};
}

static const char *
kept(char room[SIEM_ID_MAX], const char *text)
{
	if (text == NULL)
		return NULL;
	snprintf(room, SIEM_ID_MAX, "%s", text);
	return room;
}

void
siem_take_flow(struct siem *out, const struct row *session)
{
	out->community_id = kept(out->flow[0], row_value(session, "community_id"));
	/* An incident of several clients or servers is no flow's. */
	if (out->client != NULL && out->server != NULL)
		out->client_port = kept(out->flow[1], row_value(session, "client_port"));
}

int
siem_family(const char *text)
{
	uint8_t address[16];

	if (text == NULL)
		return 0;
	if (inet_pton(AF_INET, text, address) == 1)
		return 4;
	return inet_pton(AF_INET6, text, address) == 1 ? 6 : 0;
}

void
siem_member_number(struct json_object *o, const char *name, const char *number)
{
	if (number != NULL)
		json_member_number(o, name, strtoll(number, NULL, 10));
}

void
siem_member_flag(struct json_object *o, const char *name, const char *flag)
{
	if (flag == NULL)
		return;
	json_member(o, name);
	fputs(strcmp(flag, "true") == 0 ? "true" : "false", o->out);
}

bool
siem_tls_begin(struct json_object *o, const struct siem *s, struct json_object *out)
{
	if (s->tls_version == NULL && s->tls_sni == NULL && s->ja3 == NULL)
		return false;
	json_member(o, "tls");
	*out = json_object_begin(o->out);
	return true;
}

void
siem_member_own(struct json_object *o, const struct siem *s)
{
	struct json_object own;

	json_member(o, "waxseal");
	own = json_object_begin(o->out);
	json_member_text(&own, "event", s->event);
	json_member(&own, s->is_session ? "session" : "incident");
	fputs(s->own == NULL ? "null" : s->own, o->out);
	json_object_end(&own);
}

/* An alert, through put. */
static bool
put_alert(const struct rendering *r, void (*put)(const struct siem *s, FILE *out))
{
	char *own = NULL;
	size_t length = 0;
	FILE *into = open_memstream(&own, &length);
	struct siem s;

	if (into == NULL)
		return false;
	render_incident(r->alert, into);
	if (fclose(into) != 0) {
		free(own);
		return false;
	}
	siem_of_alert(r->alert, r->host, &s);
	s.own = own;
	put(&s, r->out);
	free(own);
	return true;
}

bool
render_ecs(const struct rendering *r)
{
	return put_alert(r, siem_put_ecs);
}

bool
render_eve(const struct rendering *r)
{
	return put_alert(r, siem_put_eve);
}
