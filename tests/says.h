/*
 * Captures read whole and in other forms, and what their sessions say in each,
 * compared: for the tests of what must not change it, and of what may.
 */
#ifndef TESTS_SAYS_H
#define TESTS_SAYS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <dirent.h>
#include <pcap.h>

#include <cmocka.h>

#include "dissector/dissector.h"
#include "dissector/text.h"
#include "monitor/judge/judge.h"
#include "tests/skip.h"
#include "tests/wire.h"

#define PACKETS_MAX  6000 /* of one file; larger files are read that far */
#define SESSIONS_MAX 256
#define TEXT_MAX     2048

/* What a session says, in a form that can be compared. */
struct says {
	struct address client, server;
	uint16_t client_port, server_port;
	enum outcome outcome;
	enum ending ending;
	bool complete, syn_seen;
	uint64_t gap_bytes;
	struct smtp_facts smtp;
	struct tls_facts tls;
	enum fact mail_requested, mail_granted, acceptance;
	char text[TEXT_MAX]; /* names and lines, one behind the other */
	char kinds[FINDINGS_MAX][32];
	size_t kind_count;
	uint32_t conflicts;
};

struct run {
	struct says says[SESSIONS_MAX];
	size_t count;
};

/* The packets of a file that go to or from a mail port, ready to be sent in any form. */
struct file {
	struct packet packets[PACKETS_MAX];
	size_t count;
};

static struct file file;
static struct run whole, varied;
static uint8_t services[65536];

static inline void
add_text(struct says *out, struct bytes in)
{
	size_t used = strlen(out->text);

	text_printable(in, out->text + used, sizeof(out->text) - used);
	used = strlen(out->text);
	if (used + 1 < sizeof(out->text))
		memcpy(out->text + used, "|", 2);
}

static inline void
on_session(void *ctx, const struct session *s, struct evidence *e, const struct evidence_list *kept)
{
	static struct verdict v;
	struct run *run = ctx;
	struct says *out = &run->says[run->count];

	(void)e;
	(void)kept;
	if (run->count == SESSIONS_MAX)
		return;
	run->count++;
	*out = (struct says){
	    .client = s->client,
	    .server = s->server,
	    .client_port = s->client_port,
	    .server_port = s->server_port,
	    .outcome = session_outcome(s),
	    .ending = s->ending,
	    .complete = s->complete,
	    .syn_seen = s->syn_seen,
	    .conflicts = s->conflicts_total,
	    .gap_bytes = s->gap_bytes,
	    .smtp = s->smtp,
	    .tls = s->tls,
	    .mail_requested = s->mail_requested,
	    .mail_granted = s->mail_granted,
	    .acceptance = session_acceptance(s),
	};
	for (size_t i = 0; i < s->greetings; i++)
		add_text(out, s->greeting[i]);
	for (size_t i = 0; i < s->ehlos; i++)
		add_text(out, s->ehlo[i]);
	for (size_t i = 0; i < s->rcpt_count; i++)
		add_text(out, s->rcpt_domains[i]);
	add_text(out, s->helo);
	add_text(out, s->auth);
	add_text(out, s->sni);
	judge_session(s, &v);
	for (; out->kind_count < v.count; out->kind_count++)
		snprintf(out->kinds[out->kind_count], sizeof(out->kinds[0]), "%s",
			 v.findings[out->kind_count].kind->name);
}

static inline struct dissector *
begin(struct run *run)
{
	static struct dissector_config config;
	struct dissector *d;

	memset(run, 0, sizeof(*run));
	config = (struct dissector_config){
	    .budget = DISSECTOR_BUDGET_MIN, .session = on_session, .ctx = run};
	memcpy(config.service, services, sizeof(services));
	d = dissector_new(&config);
	assert_non_null(d);
	return d;
}

/* Captured with that snap length. */
static inline void
feed_snapped(struct dissector *d, const struct packet *p, size_t snaplen)
{
	static struct wire w;
	struct captured in = {.time = p->time, .linktype = LINKTYPE_RAW};

	if (p->payload.len > WIRE_PACKET_MAX - 200)
		return;
	wire_make(p, &w);
	in.bytes = bytes_first((struct bytes){w.bytes, w.len}, snaplen);
	in.wire_len = (uint32_t)w.len;
	dissector_feed(d, &in);
}

static inline void
feed(struct dissector *d, const struct packet *p)
{
	feed_snapped(d, p, WIRE_PACKET_MAX);
}

static inline void
end(struct dissector *d)
{
	dissector_finish(d);
	dissector_free(d);
}

/* The session between the same ends as `like`, the n-th of its kind. */
static inline const struct says *
find(const struct run *run, const struct says *like, size_t n)
{
	for (size_t i = 0; i < run->count; i++) {
		const struct says *s = &run->says[i];

		if (address_equal(&s->client, &like->client) &&
		    address_equal(&s->server, &like->server) &&
		    s->client_port == like->client_port && s->server_port == like->server_port &&
		    n-- == 0)
			return s;
	}
	return NULL;
}

/* How many sessions before the i-th have the same ends. */
static inline size_t
rank(const struct run *run, size_t i)
{
	size_t n = 0;

	for (size_t j = 0; j < i; j++)
		n += address_equal(&run->says[j].client, &run->says[i].client) &&
		     address_equal(&run->says[j].server, &run->says[i].server) &&
		     run->says[j].client_port == run->says[i].client_port &&
		     run->says[j].server_port == run->says[i].server_port;
	return n;
}

static inline bool
has_kind(const struct says *s, const char *kind)
{
	for (size_t i = 0; i < s->kind_count; i++)
		if (strcmp(s->kinds[i], kind) == 0)
			return true;
	return false;
}

/* What was seen to be so may become visible where it was not; an absence may not. */
static inline bool
is_false(enum fact was, enum fact is)
{
	return is == FACT_NO ? was != FACT_NO : is == FACT_YES && was == FACT_NO;
}

/* Compare the varied run with the whole one; how many sessions differ. */
static inline int
compare(const char *name, const char *how,
	const char *(*differs)(const struct says *, const struct says *), bool must_be_there)
{
	int failed = 0;

	for (size_t i = 0; i < whole.count; i++) {
		const struct says *is = find(&varied, &whole.says[i], rank(&whole, i));
		const char *what = is              ? differs(&whole.says[i], is)
				   : must_be_there ? "session"
						   : NULL;

		if (!what)
			continue;
		failed++;
		print_error(
		    "%s: %s: port %u: %s (outcome %d, ending %d, complete %d, gap %llu; whole: "
		    "%d, %d, %d, %llu)\n",
		    name, how, whole.says[i].client_port, what, is ? (int)is->outcome : -1,
		    is ? (int)is->ending : -1, is && is->complete,
		    is ? (unsigned long long)is->gap_bytes : 0, (int)whole.says[i].outcome,
		    (int)whole.says[i].ending, whole.says[i].complete,
		    (unsigned long long)whole.says[i].gap_bytes);
	}
	return failed;
}

static inline void
run_without(size_t lost)
{
	struct dissector *d = begin(&varied);

	for (size_t i = 0; i < file.count; i++)
		if (i != lost)
			feed(d, &file.packets[i]);
	end(d);
}

static inline void
run_whole(void)
{
	struct dissector *d = begin(&whole);

	for (size_t i = 0; i < file.count; i++)
		feed(d, &file.packets[i]);
	end(d);
}

static inline void
forget_file(void)
{
	for (size_t i = 0; i < file.count; i++)
		free((void *)(uintptr_t)file.packets[i].payload.at);
	file.count = 0;
}

static inline void
keep_packet(const struct packet *p)
{
	struct packet *kept = &file.packets[file.count];
	uint8_t *copy = malloc(p->payload.len + 1);

	assert_non_null(copy);
	if (p->payload.len)
		memcpy(copy, p->payload.at, p->payload.len);
	*kept = *p;
	kept->payload.at = copy;
	file.count++;
}

/* False where it cannot be read. Packets that the capture cut short are left out: they are losses
 * of its own. */
static inline bool
load(const char *path)
{
	char error[PCAP_ERRBUF_SIZE];
	pcap_t *pcap = pcap_open_offline(path, error);
	struct fragments *fragments;
	struct pcap_pkthdr *h;
	const uint8_t *bytes;
	uint8_t secret[16] = {1};

	if (!pcap)
		return false;
	fragments = fragments_init(calloc(1, fragments_size(16)), 16, secret);
	forget_file();
	while (file.count < PACKETS_MAX && pcap_next_ex(pcap, &h, &bytes) == 1) {
		struct captured in = {
		    .time = (int64_t)h->ts.tv_sec * 1000000 + h->ts.tv_usec,
		    .linktype = (uint32_t)pcap_datalink(pcap),
		    .wire_len = h->len,
		    .bytes = {bytes, h->caplen},
		};
		struct packet p;

		if (packet_read(&in, fragments, &p) == PACKET_TCP && p.payload_cut == 0 &&
		    (services[p.source_port] || services[p.destination_port]))
			keep_packet(&p);
	}
	pcap_close(pcap);
	free(fragments);
	return file.count > 0;
}

static inline void
try_folder(const char *folder, int (*try)(const char *name))
{
	struct dirent **entries;
	int count = scandir(folder, &entries, NULL, alphasort), failed = 0;
	size_t files = 0, sessions = 0;

	if (count < 0)
		skip_because("%s is absent", folder);
	for (int i = 0; i < count; i++) {
		char path[512];

		snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
		if (strstr(entries[i]->d_name, ".pcap") && load(path)) {
			failed += try(entries[i]->d_name);
			files++;
			sessions += whole.count;
		}
		free(entries[i]);
	}
	free(entries);
	forget_file();
	print_message("# score: %s: %zu sessions in %zu files, %d differences\n", folder, sessions,
		      files, failed);
	assert_int_equal(failed, 0);
}

/* The ports that the captures have mail on. */
static inline void
watch_ports(void)
{
	services[25] = services[2525] = services[1224] = SERVICE_SMTP;
	services[587] = SERVICE_SUBMISSION;
	services[465] = SERVICE_SUBMISSIONS;
	services[24] = SERVICE_LMTP;
}

#endif
