/*
 * A line of Elastic Common Schema 8.11, in nested objects.
 *
 * Both pairs that the schema has for the two ends are filled in: source and
 * destination, since one sent the first packet, and client and server. A name is
 * known of a server alone, by MX.
 */
#include <string.h>

#include "monitor/alert/render.h"
#include "monitor/alert/siem.h"
#include "monitor/help.h"

#define ECS_VERSION "8.11.0"
#define DIGEST_MAX  65 /* characters of a SHA-256, with NUL */

/* As Elastic's own rules grade: low, medium, high, critical. */
static int
grade_of(const char *severity)
{
	enum severity s;

	if (severity == NULL || !severity_of(severity, &s))
		return 0;
	switch (s) {
	case SEVERITY_INFO:
		return 21;
	case SEVERITY_NOTICE:
		return 47;
	case SEVERITY_WARNING:
		return 73;
	case SEVERITY_CRITICAL:
		return 99;
	}
	return 0;
}

/* event.outcome is whether what the event tells of went well. */
static const char *
outcome_of(const struct siem *s)
{
	if (s->outcome == NULL)
		return NULL;
	if (strcmp(s->outcome, "encrypted") == 0)
		return "success";
	return strcmp(s->outcome, "tls-failed") == 0 ? "failure" : "unknown";
}

static void
put_event(struct json_object *o, const struct siem *s)
{
	const bool is_event = s->is_session || s->kind == NULL;
	struct json_object e;

	json_member(o, "event");
	e = json_object_begin(o->out);
	json_member_text(&e, "kind", is_event ? "event" : "alert");
	json_member(&e, "category");
	fputs(is_event ? "[\"network\"]" : "[\"network\",\"intrusion_detection\"]", o->out);
	json_member(&e, "type");
	fputs(s->is_session ? "[\"connection\",\"protocol\"]" : "[\"info\"]", o->out);
	json_member_text(&e, "module", "waxseal");
	json_member_text(&e, "dataset", s->is_session ? "waxseal.session" : "waxseal.incident");
	json_member_text(&e, "provider", "waxseal");
	render_member(&e, "action", s->event);
	render_member(&e, "code", s->kind);
	render_member(&e, "id", s->id);
	render_member(&e, "reason", s->summary);
	json_member_text(&e, "outcome", outcome_of(s));
	render_member(&e, "start", s->start);
	render_member(&e, "end", s->end);
	if (!s->is_session)
		json_member_number(&e, "severity", grade_of(s->severity));
	json_object_end(&e);
}

/* An end of the connection. ip takes addresses alone. */
static void
put_end(struct json_object *o, const char *name, const char *address, const char *port,
	const char *domain)
{
	struct json_object e;

	if (address == NULL)
		return;
	json_member(o, name);
	e = json_object_begin(o->out);
	render_member(&e, "address", address);
	if (siem_family(address) != 0)
		json_member_text(&e, "ip", address);
	siem_member_number(&e, "port", port);
	render_member(&e, "domain", domain);
	json_object_end(&e);
}

static bool
is_service(const char *name)
{
	for (enum service s = SERVICE_SMTP; name != NULL && s < SERVICES; s++)
		if (strcmp(name, service_name(s)) == 0)
			return true;
	return false;
}

static void
put_network(struct json_object *o, const struct siem *s)
{
	const int family = siem_family(s->server != NULL ? s->server : s->client);
	struct json_object n;

	if (s->id == NULL)
		return;
	json_member(o, "network");
	n = json_object_begin(o->out);
	json_member_text(&n, "transport", "tcp");
	if (family != 0)
		json_member_text(&n, "type", family == 4 ? "ipv4" : "ipv6");
	/* Lower case is what the schema asks for, and what services are called. */
	json_member_text(&n, "protocol",
			 s->service != NULL && strcmp(s->service, "lmtp") == 0 ? "lmtp" : "smtp");
	if (is_service(s->service))
		json_member_text(&n, "application", s->service);
	render_member(&n, "community_id", s->community_id);
	json_object_end(&n);
}

/* The schema asks for a URL: that of the section of "RFC 3207 section 4.2"; of anything else none.
 */
static void
put_reference(struct json_object *r, const char *reference)
{
	static const char rfc[] = "RFC ", section[] = " section ";
	const char *at = strstr(reference, section);
	char url[96];

	if (at == NULL || strncmp(reference, rfc, sizeof(rfc) - 1) != 0)
		return;
	snprintf(url, sizeof(url), "https://www.rfc-editor.org/rfc/rfc%.*s#section-%s",
		 (int)(at - reference) - (int)(sizeof(rfc) - 1), reference + sizeof(rfc) - 1,
		 at + sizeof(section) - 1);
	json_member_text(r, "reference", url);
}

static void
put_rule(struct json_object *o, const struct siem *s)
{
	const struct kind *kind = s->kind == NULL ? NULL : judge_kind(s->kind);
	struct json_object r;

	if (s->kind == NULL)
		return;
	json_member(o, "rule");
	r = json_object_begin(o->out);
	render_member(&r, "id", s->kind);
	render_member(&r, "name", s->kind);
	if (kind != NULL) {
		json_member_text(&r, "description", kind->title);
		put_reference(&r, kind->reference);
	}
	json_member_text(&r, "ruleset", "waxseal");
	json_object_end(&r);
}

static void
put_observer(struct json_object *o, const struct siem *s)
{
	struct json_object v;

	json_member(o, "observer");
	v = json_object_begin(o->out);
	json_member_text(&v, "vendor", "waxseal");
	json_member_text(&v, "product", "waxseal");
	json_member_text(&v, "type", "ids");
	json_member_text(&v, "version", WAXSEAL_VERSION_TEXT);
	render_member(&v, "name", s->sensor);
	render_member(&v, "hostname", s->host);
	json_object_end(&v);
}

/* tls.version is the number, tls.version_protocol the word: "TLSv1.3", "SSLv3". */
static void
put_version(struct json_object *t, const char *version)
{
	const bool is_ssl = version != NULL && strncmp(version, "SSLv", 4) == 0;
	const bool is_tls = version != NULL && strncmp(version, "TLSv", 4) == 0;

	if (!is_ssl && !is_tls)
		return;
	render_member(t, "version", version + 4);
	json_member_text(t, "version_protocol", is_ssl ? "ssl" : "tls");
}

static void
put_client_side(struct json_object *t, const struct siem *s)
{
	struct json_object c;

	if (s->tls_sni == NULL && s->ja3 == NULL)
		return;
	json_member(t, "client");
	c = json_object_begin(t->out);
	render_member(&c, "server_name", s->tls_sni);
	render_member(&c, "ja3", s->ja3);
	json_object_end(&c);
}

/* The schema asks for digests of certificates in upper case. */
static void
put_server_side(struct json_object *t, const struct siem *s)
{
	char digest[DIGEST_MAX] = "";
	size_t length = 0;

	if (s->cert_sha256 == NULL)
		return;
	for (const char *at = s->cert_sha256; *at != '\0' && length + 1 < sizeof(digest); at++) {
		if (*at >= 'a' && *at <= 'f')
			digest[length++] = "ABCDEF"[*at - 'a'];
		else
			digest[length++] = *at;
	}
	json_member(t, "server");
	fputs("{\"hash\":{\"sha256\":", t->out);
	json_put_text(t->out, digest);
	fputs("}}", t->out);
}

static void
put_tls(struct json_object *o, const struct siem *s)
{
	struct json_object t;

	if (!siem_tls_begin(o, s, &t))
		return;
	put_version(&t, s->tls_version);
	render_member(&t, "cipher", s->tls_cipher);
	render_member(&t, "next_protocol", s->tls_alpn);
	if (s->outcome != NULL && strcmp(s->outcome, "encrypted") == 0)
		siem_member_flag(&t, "established", "true");
	siem_member_flag(&t, "resumed", s->tls_resumed);
	put_client_side(&t, s);
	put_server_side(&t, s);
	json_object_end(&t);
}

/* The texts that are known, each once in the array. */
static void
put_array(struct json_object *o, const char *name, const char *const *texts, size_t count)
{
	char line[RENDER_VALUE_MAX];
	bool is_any = false;

	json_member(o, name);
	putc('[', o->out);
	for (size_t i = 0; i < count; i++) {
		if (render_line(texts[i], line, sizeof(line)) == 0)
			continue;
		if (is_any)
			putc(',', o->out);
		is_any = true;
		json_put_text(o->out, line);
	}
	putc(']', o->out);
}

static void
put_related(struct json_object *o, const struct siem *s)
{
	const char *const ips[] = {siem_family(s->client) != 0 ? s->client : NULL,
				   siem_family(s->server) != 0 ? s->server : NULL};
	const char *const hosts[] = {s->server_name, s->tls_sni, s->domain};
	struct json_object r;

	json_member(o, "related");
	r = json_object_begin(o->out);
	put_array(&r, "ip", ips, sizeof(ips) / sizeof(ips[0]));
	put_array(&r, "hosts", hosts, sizeof(hosts) / sizeof(hosts[0]));
	json_object_end(&r);
}

void
siem_put_ecs(const struct siem *s, FILE *out)
{
	const char *server_name = s->server_name != NULL ? s->server_name : s->tls_sni;
	struct json_object o = json_object_begin(out);

	render_member(&o, "@timestamp", s->at);
	json_member(&o, "ecs");
	fputs("{\"version\":\"" ECS_VERSION "\"}", out);
	render_member(&o, "message", s->summary);
	put_event(&o, s);
	put_end(&o, "source", s->client, s->client_port, NULL);
	put_end(&o, "destination", s->server, s->server_port, server_name);
	put_end(&o, "client", s->client, s->client_port, NULL);
	put_end(&o, "server", s->server, s->server_port, server_name);
	put_network(&o, s);
	put_tls(&o, s);
	put_rule(&o, s);
	put_observer(&o, s);
	put_related(&o, s);
	siem_member_own(&o, s);
	json_object_end(&o);
	putc('\n', out);
}
