/*
 * Sessions between clients and servers, judged and recorded one after another,
 * as a tap would tell them. For tests of what many sessions show together.
 */
#ifndef TESTS_MAIL_BUILD_H
#define TESTS_MAIL_BUILD_H

#include "tests/db_build.h"

#include "monitor/record.h"

#define SECOND INT64_C(1000000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

/* A stretch of traffic under way. */
struct scene {
	struct recorder *recorder;
	struct session session; /* the one under way, and the last */
	struct verdict verdict;
	enum recorded recorded;
	int64_t now;
	uint16_t port;
	char names[4][64]; /* texts that the session borrows */
	struct bytes domain;
	void (*keep)(struct scene *sc); /* in place of judging and recording; NULL: not so */
	void *kept;                     /* whoever keeps has that here */
};

static inline struct bytes
text_of(const char *text)
{
	return (struct bytes){(const uint8_t *)text, strlen(text)};
}

static inline void
scene_open_at(struct scene *sc, const char *path, const char *sensor)
{
	char why[STORE_WHY_MAX] = "";

	sc->recorder = recorder_open(path, sensor, why, sizeof(why));
	if (sc->recorder == NULL)
		fail_msg("%s", why);
	if (sc->now == 0)
		sc->now = START;
}

static inline void
scene_open(struct scene *sc, const char *path)
{
	scene_open_at(sc, path, "tap1");
}

static inline void
scene_close(struct scene *sc)
{
	assert_true(recorder_close(sc->recorder));
	sc->recorder = NULL;
}

static inline void
set_ehlo(struct session *s, const char *const *lines, size_t count)
{
	for (size_t i = 0; i < count; i++)
		s->ehlo[i] = text_of(lines[i]);
	s->ehlos = count;
}

/* Client and server are numbers; a client network has 200 of them, an owner five servers. Postfix
 * takes a mail by TLS. */
static inline struct session *
meet(struct scene *sc, unsigned client, unsigned server)
{
	static const char *const lines[] = {"",         "PIPELINING", "SIZE 10240000",
					    "VRFY",     "ETRN",       "STARTTLS",
					    "8BITMIME", "DSN",        "CHUNKING"};
	struct session *s = &sc->session;
	char owner[32];

	*s = (struct session){
	    .service = SERVICE_SMTP,
	    .client = {.family = 4,
		       .b = {10, (uint8_t)(client / 200 / 250), (uint8_t)(client / 200 % 250),
			     (uint8_t)(client % 200 + 1)}},
	    .server = {.family = 4,
		       .b = {198, 51, (uint8_t)(server / 250), (uint8_t)(server % 250)}},
	    .client_port = (uint16_t)(1024 + sc->port++ % 60000),
	    .server_port = 25,
	    .start = sc->now,
	    .end = sc->now + SECOND,
	    .seen = SEEN_BOTH,
	    .syn_seen = true,
	    .complete = true,
	    .clear_whole = true,
	    .packets = 20,
	    .ending = ENDING_FIN,
	};
	snprintf(owner, sizeof(owner), "example%.0u.net", server / 5);
	snprintf(sc->names[0], sizeof(sc->names[0]), "mx%u.%s", server, owner);
	snprintf(sc->names[1], sizeof(sc->names[1]), "mx%u.%s ESMTP Postfix", server, owner);
	snprintf(sc->names[2], sizeof(sc->names[2]), "out%u.example.org", client);
	snprintf(sc->names[3], sizeof(sc->names[3]), "to%u.example.com", server);
	set_ehlo(s, lines, sizeof(lines) / sizeof(lines[0]));
	s->ehlo[0] = text_of(sc->names[0]);
	s->greeting[0] = text_of(sc->names[1]);
	s->greetings = 1;
	s->helo = text_of(sc->names[2]);
	s->smtp.greeting_code = 220;
	s->smtp.greeting_verb = GREETING_EHLO;
	s->smtp.extended = FACT_YES;
	s->smtp.offered = s->smtp.requested = s->smtp.accepted = FACT_YES;
	s->smtp.starttls_requests = 1;
	s->tls.client_hello = s->tls.server_hello = true;
	s->tls.complete = FACT_YES;
	s->tls.offered_version = s->tls.version = 0x0304;
	s->tls.cipher = 0x1301;
	return s;
}

/* The same without TLS: STARTTLS is offered and not asked for, and the mail goes in clear. */
static inline struct session *
meet_in_clear(struct scene *sc, unsigned client, unsigned server)
{
	struct session *s = meet(sc, client, server);

	s->tls = (struct tls_facts){0};
	s->smtp.requested = FACT_NO;
	s->smtp.accepted = FACT_UNSEEN;
	s->smtp.starttls_requests = 0;
	s->smtp.mail_count = 1;
	s->smtp.mail_accepted = s->smtp.message_sent = s->smtp.quit_sent = true;
	sc->domain = text_of(sc->names[3]);
	s->rcpt_domains = &sc->domain;
	s->rcpt_count = 1;
	return s;
}

/* STARTTLS is not even offered: by the server, or since somebody cut the line out. */
static inline struct session *
meet_without(struct scene *sc, unsigned client, unsigned server)
{
	static const char *const lines[] = {"",     "PIPELINING", "SIZE 10240000", "VRFY",
					    "ETRN", "8BITMIME",   "DSN",           "CHUNKING"};
	struct session *s = meet_in_clear(sc, client, server);

	set_ehlo(s, lines, sizeof(lines) / sizeof(lines[0]));
	s->ehlo[0] = text_of(sc->names[0]);
	s->smtp.offered = FACT_NO;
	return s;
}

/* Without an EHLO reply there is nothing to be offered. */
static inline struct session *
meet_by_helo(struct scene *sc, unsigned client, unsigned server)
{
	struct session *s = meet_in_clear(sc, client, server);

	s->ehlos = 0;
	s->smtp.greeting_verb = GREETING_HELO;
	s->smtp.extended = FACT_NO;
	s->smtp.offered = FACT_UNSEEN;
	return s;
}

/* EHLO is answered 500, and HELO follows. */
static inline struct session *
meet_and_refuse_ehlo(struct scene *sc, unsigned client, unsigned server)
{
	struct session *s = meet_by_helo(sc, client, server);

	s->smtp.ehlo_refusal = 500;
	s->smtp.helo_after_refusal = true;
	s->ehlo_refusal = text_of("5.5.1 Command unrecognized");
	return s;
}

/* The handshake is cut at the ClientHello. */
static inline struct session *
meet_and_fail(struct scene *sc, unsigned client, unsigned server)
{
	struct session *s = meet(sc, client, server);

	s->tls.server_hello = false;
	s->tls.complete = FACT_NO;
	s->tls.version = 0;
	s->tls.failure = TLS_FAILED_RESET;
	s->tls.failed_by = SIDE_SERVER;
	return s;
}

/* What a client offers is known of a recorded session by its JA4. */
static inline void
put_ja4(struct session *s)
{
	static const char *const versions[] = {"10", "11", "12", "13"};
	uint16_t offered = s->tls.offered_version;

	if (!s->tls.client_hello || offered < 0x0301 || offered > 0x0304)
		return;
	s->tls.has_ja4 = true;
	snprintf(s->tls.ja4, sizeof(s->tls.ja4), "t%sd1516h2_8daaf6152771_e5627efa2ab1",
		 versions[offered - 0x0301]);
}

/* Judge and record the session as it stands. */
static inline void
judge_and_record(struct scene *sc)
{
	if (!recorder_judge(sc->recorder, &sc->session, &sc->verdict))
		fail_msg("%s", recorder_error(sc->recorder));
	sc->recorded = recorder_session(sc->recorder, &sc->session, &sc->verdict, NULL, NULL);
	if (sc->recorded == RECORDED_FAILED)
		fail_msg("%s", recorder_error(sc->recorder));
}

/* Judge and record it, or keep it to be told in another order, and let time pass. */
static inline void
pass(struct scene *sc, int64_t time)
{
	put_ja4(&sc->session);
	if (sc->keep == NULL)
		judge_and_record(sc);
	else
		sc->keep(sc);
	sc->now += time;
}

static inline const struct finding *
finding_of(const struct scene *sc, const char *kind)
{
	return verdict_finding(&sc->verdict, kind);
}

/* The last session has this finding, as grave and as sure. */
static inline void
assert_found(const struct scene *sc, const char *kind, enum severity severity,
	     enum certainty certainty)
{
	const struct finding *f = finding_of(sc, kind);

	if (f == NULL)
		fail_msg("no %s, but %s", kind,
			 sc->verdict.count > 0 ? sc->verdict.findings[0].kind->name : "nothing");
	else if (f->severity != severity || f->certainty != certainty)
		fail_msg("%s is %s, %s: %s", kind, severity_name(f->severity),
			 certainty_name(f->certainty), f->detail);
}

/* The last session has nothing that alarms. */
static inline void
assert_calm(const struct scene *sc)
{
	for (size_t i = 0; i < sc->verdict.count; i++)
		if (sc->verdict.findings[i].severity >= SEVERITY_WARNING)
			fail_msg("%s: %s", sc->verdict.findings[i].kind->name,
				 sc->verdict.findings[i].detail);
}

/* Close, and look: no incident of warning or worse is left, and the file is sound. */
static inline void
end_calmly(struct scene *sc, const char *path)
{
	scene_close(sc);
	assert_query(path,
		     "SELECT kind, severity, certainty, client, server, summary FROM v_incidents"
		     " WHERE severity IN ('warning', 'critical') LIMIT 5",
		     "");
	assert_sound(path);
}

#endif
