/* The way back of what monitor/rows.c does, as far as it goes; see retell.h. */
#include "monitor/baseline/retell.h"

#include <arpa/inet.h>
#include <string.h>

#include "dissector/tls.h"

static struct bytes
text(const char *of)
{
	return bytes_text(of == NULL ? "" : of);
}

static enum fact
fact_of(enum maybe maybe)
{
	switch (maybe) {
	case MAYBE_NULL:
		return FACT_UNSEEN;
	case MAYBE_NO:
		return FACT_NO;
	case MAYBE_YES:
		return FACT_YES;
	}
	return FACT_UNSEEN;
}

static bool
read_address(const char *of, struct address *out)
{
	out->family = strchr(of, ':') != NULL ? 6 : 4;
	return inet_pton(out->family == 6 ? AF_INET6 : AF_INET, of, out->b) == 1;
}

static bool
read_service(const char *name, enum service *out)
{
	for (int i = 0; i < SERVICES; i++) {
		if (strcmp(service_name((enum service)i), name) != 0)
			continue;
		*out = (enum service)i;
		return true;
	}
	return false;
}

static bool
put_flow(const struct session_row *row, struct session *s)
{
	s->start = row->start;
	s->end = row->end;
	s->server_port = row->server_port;
	s->seen = strcmp(row->seen, "both") == 0     ? SEEN_BOTH
		  : strcmp(row->seen, "client") == 0 ? SEEN_CLIENT
						     : SEEN_SERVER;
	s->complete = s->clear_whole = s->syn_seen = row->complete;
	return read_address(row->client, &s->client) && read_address(row->server, &s->server) &&
	       read_service(row->service, &s->service);
}

static void
put_recipients(struct retold *r)
{
	struct bytes rest = text(r->facts.recipients);

	while (rest.len > 0 && r->session.rcpt_count < PAST_RECIPIENTS) {
		size_t len = bytes_find(rest, '\n');

		r->recipients[r->session.rcpt_count++] = bytes_first(rest, len);
		rest = bytes_after(rest, len < rest.len ? len + 1 : len);
	}
	r->session.rcpt_domains = r->recipients;
}

/* With AUTH a session may be plaintext for its credentials alone. */
static bool
is_mail_in_clear(const struct session_row *row, const struct session *s)
{
	return strcmp(row->outcome, "plaintext") == 0 &&
	       (row->auth == NULL || (row->mail_count > 0 && s->rcpt_count > 0));
}

static void
put_dialogue(const struct session_row *row, struct session *s)
{
	struct bytes banner = text(row->banner);

	s->smtp.extended = fact_of(row->extended);
	s->smtp.offered = fact_of(row->offered);
	s->smtp.requested = fact_of(row->requested);
	s->smtp.accepted = fact_of(row->accepted);
	s->smtp.mail_count = row->mail_count > 0 ? (uint32_t)row->mail_count : 0;
	s->smtp.mail_accepted = is_mail_in_clear(row, s);
	if (banner.len == 0)
		return;
	s->greeting[0] = banner;
	s->greetings = 1;
	s->ehlo[0] = bytes_first(banner, bytes_find(banner, ' '));
	s->ehlos = 1;
}

static const uint16_t versions[] = {0x0304, 0x0303, 0x0302, 0x0301, 0x0300, 0x0002};

static uint16_t
version_of_name(const char *name)
{
	for (size_t i = 0; name != NULL && i < sizeof(versions) / sizeof(versions[0]); i++)
		if (strcmp(tls_version_name(versions[i]), name) == 0)
			return versions[i];
	return 0;
}

/* What the client offered stands in the second and third letter of JA4. */
static uint16_t
version_of_ja4(const char *ja4)
{
	static const char *const names[] = {"13", "12", "11", "10", "s3", "s2"};

	for (size_t i = 0; ja4 != NULL && i < sizeof(versions) / sizeof(versions[0]); i++)
		if (strncmp(ja4, "t", 1) == 0 && strncmp(ja4 + 1, names[i], 2) == 0)
			return versions[i];
	return 0;
}

static void
put_tls(const struct session_row *row, struct session *s)
{
	s->tls.version = version_of_name(row->tls_version);
	s->tls.offered_version = version_of_ja4(row->ja4);
	s->tls.client_hello = s->tls.offered_version != 0;
	s->tls.server_hello = s->tls.version != 0;
	s->tls.complete = strcmp(row->outcome, "encrypted") == 0 ? FACT_YES : FACT_UNSEEN;
}

bool
retell(struct store *store, int64_t id, struct retold *out)
{
	struct session_row *row = &out->facts.row;

	out->session = (struct session){0};
	if (!past_facts(store, id, &out->facts))
		return false;
	out->is_whole = put_flow(row, &out->session);
	put_recipients(out);
	put_dialogue(row, &out->session);
	put_tls(row, &out->session);
	network_text(&out->session.client, out->client_net);
	row->client_net = out->client_net;
	return true;
}
