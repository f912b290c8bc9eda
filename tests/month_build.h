/*
 * A month of ordinary mail between many clients and servers, with all that
 * happens in one: bots, farms of machines that differ, outages, rate limits,
 * renewals, upgrades, changes of settings, newcomers, packets that the tap lost.
 *
 * Each session that departs from the ordinary says why in its encap: tables of
 * what was found go by it. Random, and the same each time for the same seed.
 */
#ifndef TESTS_MONTH_BUILD_H
#define TESTS_MONTH_BUILD_H

#include "tests/mail_build.h"
#include "tests/order_build.h"

#define MONTH (30 * DAY)

/* How a server is. */
enum server_way {
	WAY_ORDINARY,
	WAY_NEVER,       /* cannot do TLS */
	WAY_NAMED_NODES, /* two machines of different names, one without TLS */
	WAY_TURNS,       /* two machines of one name and other software, one without TLS */
	WAY_ON,          /* switches STARTTLS on in the month */
	WAY_OFF,         /* ... off */
	WAY_PAUSES,      /* ... off, and on again after three hours */
	WAY_LIMITS,      /* refuses STARTTLS to who comes too often */
	WAY_HIDES,       /* keeps STARTTLS from some */
	WAY_OLD,         /* TLS 1.2, and a new key of the same issuer in the month */
	WAY_MOVED,       /* ... of another issuer, at the end of the old */
	WAY_SELF,        /* ... self-signed, and a new key of its own */
	WAY_KEYS,        /* two machines of one name: TLS 1.3; TLS 1.2 and its own key */
	WAY_JOINED,      /* ... of which the second is new in the month */
	WAY_RAISED,      /* TLS 1.3 since the month's change */
	WAY_LOWERED,     /* ... until then */
	WAY_GREYLISTS,
	WAY_BREAKS,  /* is down for hours, now and then */
	WAY_UPGRADED /* other software in the month */
};

/* How a client is. */
enum habit {
	HABIT_ORDINARY,
	HABIT_BOT,    /* EHLO, and never STARTTLS */
	HABIT_HELO,   /* a printer */
	HABIT_SCANS,  /* asks for STARTTLS and leaves */
	HABIT_OLD,    /* TLS 1.2 at best */
	HABIT_BEGINS, /* TLS is switched on in the month */
	HABIT_STOPS,  /* ... off */
	HABIT_SHARED, /* several machines behind one address, one of them without TLS */
	HABIT_CANNOT  /* cannot agree with servers of TLS 1.3, and then sends in clear */
};

struct month {
	struct scene scene;
	uint64_t random;
	int64_t begin, sessions; /* sessions: how many there are to be */
	unsigned loss;           /* percent of the packets that the tap lost */
	unsigned servers, networks;
	unsigned clump, left; /* sessions that come at once to one server; of these yet to come */
	unsigned server;      /* that one */
	enum order order;     /* in which they are told */
};

static inline uint32_t
draw(struct month *m, uint32_t below)
{
	m->random = m->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(m->random >> 33) % below;
}

/* Few are met often, many seldom. */
static inline uint32_t
draw_popular(struct month *m, uint32_t below)
{
	uint32_t a = draw(m, below), b = draw(m, below), c = draw(m, below);

	a = a < b ? a : b;
	return a < c ? a : c;
}

static inline int64_t
month_wanted(const char *name, int64_t otherwise)
{
	const char *value = getenv(name);

	return value == NULL ? otherwise : strtoll(value, NULL, 10);
}

static inline struct month *
month_open(const char *path, int64_t sessions, unsigned servers, unsigned networks, unsigned loss)
{
	struct month *m = calloc(1, sizeof(*m));

	if (m == NULL)
		abort();
	m->random = (uint64_t)month_wanted("MONTH_SEED", 7) + loss;
	m->loss = loss;
	m->begin = START;
	m->sessions = sessions;
	m->servers = servers;
	m->networks = networks;
	m->clump = (unsigned)month_wanted("MONTH_CLUMP", 1);
	m->order = (enum order)month_wanted("MONTH_ORDER", ORDER_BEGUN);
	scene_open(&m->scene, path);
	if (m->order != ORDER_BEGUN)
		keep_sessions(&m->scene);
	return m;
}

static inline void
month_close(struct month *m)
{
	if (m->scene.keep != NULL) {
		tell_kept(m->scene.kept, &m->scene, m->order, m->random);
		kept_free(m->scene.kept);
	}
	scene_close(&m->scene);
	free(m);
}

static inline enum server_way
way_of(unsigned server)
{
	static const enum server_way ways[30] = {
	    WAY_ORDINARY, WAY_ORDINARY, WAY_NAMED_NODES, WAY_JOINED,   WAY_NEVER,     WAY_ORDINARY,
	    WAY_OLD,      WAY_TURNS,    WAY_LOWERED,     WAY_ORDINARY, WAY_ON,        WAY_OFF,
	    WAY_ORDINARY, WAY_LIMITS,   WAY_HIDES,       WAY_ORDINARY, WAY_GREYLISTS, WAY_UPGRADED,
	    WAY_NEVER,    WAY_MOVED,    WAY_KEYS,        WAY_BREAKS,   WAY_RAISED,    WAY_SELF,
	    WAY_ORDINARY, WAY_ORDINARY, WAY_PAUSES,      WAY_ORDINARY, WAY_ORDINARY,  WAY_ORDINARY};

	return ways[server % 30];
}

static inline enum habit
habit_of(unsigned client)
{
	if (client % 11 == 5)
		return HABIT_BOT;
	if (client % 29 == 13)
		return HABIT_HELO;
	if (client % 41 == 11)
		return HABIT_SCANS;
	if (client % 37 == 17)
		return HABIT_STOPS;
	if (client % 37 == 23)
		return HABIT_BEGINS;
	if (client % 13 == 3)
		return HABIT_SHARED;
	if (client % 53 == 29)
		return HABIT_CANNOT;
	return client % 17 == 2 ? HABIT_OLD : HABIT_ORDINARY;
}

/* When in the month a server changes, or a client. */
static inline bool
has_changed(const struct month *m, unsigned number)
{
	return m->scene.now >= m->begin + (5 + number % 20) * DAY;
}

static inline bool
is_there(const struct month *m, unsigned number)
{
	return number % 9 != 8 || has_changed(m, number);
}

/* Who meets whom. */
static inline void
month_draw(struct month *m, unsigned *client, unsigned *server)
{
	unsigned network;

	do {
		network = draw_popular(m, m->networks);
		*server = m->left > 0 ? m->server : draw_popular(m, m->servers);
	} while (!is_there(m, network) || !is_there(m, *server));
	if (m->left == 0)
		m->left = m->clump;
	m->left--;
	m->server = *server;
	*client = 200 * network + draw(m, 3);
}

/* What the client does of itself says more than what machine it meets. */
static inline void
because(struct month *m, const char *cause)
{
	if (m->scene.session.encap[0] != '\0')
		return;
	snprintf(m->scene.session.encap, sizeof(m->scene.session.encap), "%s", cause);
}

/* A scanner has seen what it came for. */
static inline void
leave(struct session *s)
{
	s->smtp.mail_count = 0;
	s->smtp.mail_accepted = s->smtp.message_sent = false;
	s->rcpt_count = 0;
}

/* STARTTLS was asked for, and that was that: no TLS, no mail. */
static inline struct session *
meet_and_leave(struct scene *sc, unsigned client, unsigned server)
{
	struct session *s = meet(sc, client, server);

	s->tls = (struct tls_facts){0};
	s->smtp.quit_sent = true;
	return s;
}

static inline struct session *
meet_and_refuse(struct scene *sc, unsigned client, unsigned server, uint16_t code, const char *text)
{
	struct session *s = meet_and_leave(sc, client, server);

	s->smtp.accepted = FACT_NO;
	s->smtp.starttls_refusal = code;
	s->refusal = text_of(text);
	return s;
}

/* Not a word but the greeting, if that. */
static inline struct session *
meet_in_vain(struct scene *sc, unsigned client, unsigned server)
{
	struct session *s = meet_in_clear(sc, client, server);

	s->smtp = (struct smtp_facts){.requested = FACT_NO};
	s->rcpt_count = s->ehlos = s->greetings = 0;
	s->helo.len = 0;
	return s;
}

static inline struct session *
in_clear_at(struct session *s)
{
	s->smtp.mail_count = 1;
	s->smtp.mail_accepted = s->smtp.message_sent = s->smtp.quit_sent = true;
	return s;
}

/* Which of its keys: one by the issuer, or self-signed. */
static inline void
show_certificate(struct session *s, unsigned server, unsigned which, const char *issuer)
{
	struct certificate_facts *c = &s->certificate;
	bool is_self = issuer == NULL;

	if (s->tls.complete != FACT_YES)
		return;
	s->tls.version = 0x0303;
	s->sni = s->ehlo[0];
	c->is_seen = c->is_parsed = true;
	memset(c->digests.spki_sha256, (int)(server * 5 + which), sizeof(c->digests.spki_sha256));
	c->not_after = START + 200 * DAY;
	c->self_signed = is_self ? FACT_YES : FACT_NO;
	snprintf(c->issuer, sizeof(c->issuer), "CN=%s", is_self ? "mx" : issuer);
}

/* The handshake breaks at the server; one client in ten gives up, and sends in clear. */
static inline void
break_in_handshake(struct month *m, unsigned client, unsigned server)
{
	meet_and_fail(&m->scene, client, server);
	if (draw(m, 10) != 0)
		return;
	because(m, "falls back");
	pass(&m->scene, 5 * SECOND);
	meet_in_clear(&m->scene, client, server);
	because(m, "falls back");
}

/* Whether its habit is to begin TLS where that is offered. */
static inline bool
begins_tls(const struct month *m, unsigned client)
{
	switch (habit_of(client)) {
	case HABIT_BOT:
	case HABIT_HELO:
		return false;
	case HABIT_BEGINS:
		return has_changed(m, client);
	case HABIT_STOPS:
		return !has_changed(m, client);
	case HABIT_ORDINARY:
	case HABIT_SCANS:
	case HABIT_OLD:
	case HABIT_SHARED:
	case HABIT_CANNOT:
		return true;
	}
	return true;
}

static inline void
break_down(struct month *m, unsigned client, unsigned server)
{
	unsigned sort = draw(m, 4);
	struct session *s;

	/* Who never begins a handshake has none that breaks. */
	switch (sort == 3 && !begins_tls(m, client) ? 2 : sort) {
	case 0:
		s = meet_in_vain(&m->scene, client, server);
		s->smtp.greeting_code = 421;
		s->greeting[0] = text_of("4.3.2 Service not available");
		s->greetings = 1;
		return;
	case 1:
		s = meet_in_vain(&m->scene, client, server);
		s->ending = ENDING_RESET;
		s->ended_by = SIDE_SERVER;
		return;
	case 2:
		s = meet_in_vain(&m->scene, client, server);
		s->ending = ENDING_IDLE;
		return;
	default:
		break_in_handshake(m, client, server);
	}
}

/* In some hours many come, and most are sent away; one in six goes on in clear. */
static inline void
meet_limit(struct month *m, unsigned client, unsigned server)
{
	int64_t hour = (m->scene.now - m->begin) / HOUR;
	struct session *s;

	if (draw(m, 10) >= (hour % 50 == 0 ? 6u : 1u)) {
		meet(&m->scene, client, server);
		return;
	}
	if (draw(m, 2) == 0)
		s = meet_and_refuse(&m->scene, client, server, 454,
				    "4.7.0 Error: too many new TLS sessions");
	else
		s = meet_and_refuse(&m->scene, client, server, 421, "4.3.2 Busy, try again later");
	if (draw(m, 6) == 0 && s->smtp.starttls_refusal == 454)
		in_clear_at(s);
	because(m, "rate limit");
}

/* Whether the server, or the machine of it that answers, has no STARTTLS for this client now. */
static inline const char *
cause_to_lack(struct month *m, unsigned client, unsigned server)
{
	bool is_late = has_changed(m, server), is_second = draw(m, 2) == 0;

	switch (way_of(server)) {
	case WAY_NEVER:
		return "never has it";
	case WAY_NAMED_NODES:
	case WAY_TURNS:
		return is_second ? "second machine" : NULL;
	case WAY_ON:
		return is_late ? NULL : "not yet on";
	case WAY_OFF:
		return is_late ? "switched off" : NULL;
	case WAY_PAUSES:
		return is_late && m->scene.now - m->begin < (5 + server % 20) * DAY + 3 * HOUR
			   ? "off for hours"
			   : NULL;
	case WAY_HIDES:
		return client / 200 % 4 == 0 ? "hidden from some" : NULL;
	case WAY_ORDINARY:
	case WAY_LIMITS:
	case WAY_OLD:
	case WAY_MOVED:
	case WAY_SELF:
	case WAY_KEYS:
	case WAY_JOINED:
	case WAY_RAISED:
	case WAY_LOWERED:
	case WAY_GREYLISTS:
	case WAY_BREAKS:
	case WAY_UPGRADED:
		return NULL;
	}
	return NULL;
}

static inline void
meet_scanner(struct month *m, unsigned client, unsigned server)
{
	if (draw(m, 2) == 0) {
		meet_and_leave(&m->scene, client, server);
		return;
	}
	meet_and_fail(&m->scene, client, server);
	m->scene.session.tls.failure = TLS_FAILED_FIN;
	m->scene.session.tls.failed_by = SIDE_CLIENT;
}

static inline void
fail_to_agree(struct month *m, unsigned client, unsigned server)
{
	struct session *s = meet_and_fail(&m->scene, client, server);

	s->tls.offered_version = 0x0301;
	s->tls.failure = TLS_FAILED_ALERT;
	s->tls.alert = (struct tls_alert){true, false, 2, 70, SIDE_SERVER};
	because(m, "cannot agree");
	pass(&m->scene, SECOND);
	meet_in_clear(&m->scene, client, server);
	because(m, "cannot agree");
}

/* By the client's habit, where the server offers STARTTLS. */
static inline void
meet_by_habit(struct month *m, unsigned client, unsigned server)
{
	struct scene *sc = &m->scene;

	switch (habit_of(client)) {
	case HABIT_BOT:
		meet_in_clear(sc, client, server);
		return;
	case HABIT_HELO:
		meet_by_helo(sc, client, server);
		return;
	case HABIT_SCANS:
		meet_scanner(m, client, server);
		return;
	case HABIT_OLD:
		meet(sc, client, server)->tls.offered_version = 0x0303;
		sc->session.tls.version = 0x0303;
		return;
	case HABIT_BEGINS:
		if (has_changed(m, client))
			meet(sc, client, server);
		else
			meet_in_clear(sc, client, server);
		return;
	case HABIT_STOPS:
		if (!has_changed(m, client)) {
			meet(sc, client, server);
			return;
		}
		meet_in_clear(sc, client, server);
		because(m, "client stops");
		return;
	case HABIT_SHARED:
		if (draw(m, 4) != 0) {
			meet(sc, client, server);
			return;
		}
		meet_in_clear(sc, client, server)->helo = text_of("scanner.example.org");
		return;
	case HABIT_CANNOT:
		fail_to_agree(m, client, server);
		return;
	case HABIT_ORDINARY:
		meet(sc, client, server);
	}
}

/* What the machine shows of itself: software, TLS version, certificate. */
static inline void
show_machine(struct month *m, unsigned server)
{
	struct session *s = &m->scene.session;
	bool is_late = has_changed(m, server);

	switch (way_of(server)) {
	case WAY_NAMED_NODES:
		s->ehlo[0] =
		    text_of(s->smtp.offered == FACT_NO ? "b.example.net" : "a.example.net");
		return;
	case WAY_TURNS:
		if (s->smtp.offered == FACT_NO)
			s->ehlo[7] = text_of("BINARYMIME");
		return;
	case WAY_OLD:
		show_certificate(s, server, is_late, "R3");
		return;
	case WAY_MOVED:
		show_certificate(s, server, is_late, is_late ? "E5" : "R3");
		if (!is_late)
			s->certificate.not_after = m->begin + (5 + server % 20 + 20) * DAY;
		return;
	case WAY_SELF:
		show_certificate(s, server, is_late, NULL);
		return;
	case WAY_KEYS:
		if (draw(m, 3) == 0)
			show_certificate(s, server, 2, "R3");
		return;
	case WAY_JOINED:
		if (is_late && draw(m, 2) == 0) {
			because(m, "second machine");
			show_certificate(s, server, 2, "R3");
		}
		return;
	case WAY_RAISED:
		if (!is_late)
			show_certificate(s, server, 0, "R3");
		return;
	case WAY_LOWERED:
		if (is_late) {
			because(m, "lowered");
			show_certificate(s, server, 0, "R3");
		}
		return;
	case WAY_GREYLISTS:
		if (draw(m, 3) == 0)
			s->smtp.message_sent = false;
		return;
	case WAY_UPGRADED:
		if (!is_late || s->ehlos == 0)
			return;
		s->greeting[0] = text_of("mx ESMTP Exim 4.96");
		s->ehlo[s->ehlos - 2] = text_of("HELP");
		return;
	case WAY_ORDINARY:
	case WAY_NEVER:
	case WAY_ON:
	case WAY_OFF:
	case WAY_PAUSES:
	case WAY_LIMITS:
	case WAY_HIDES:
	case WAY_BREAKS:
		return;
	}
}

/* One of a server and of a client that both have a second family does. */
static inline void
maybe_by_ipv6(struct session *s, unsigned client, unsigned server)
{
	if (client / 200 % 3 != 1 || server % 3 != 1)
		return;
	memmove(s->client.b + 4, s->client.b, 4);
	memmove(s->server.b + 4, s->server.b, 4);
	memcpy(s->client.b, "\x20\x01\x0d\xb8", 4);
	memcpy(s->server.b, "\x20\x01\x0d\xb8", 4);
	s->client.family = s->server.family = 6;
}

/* One session of ordinary life: the scene's, not yet passed. */
static inline void
month_meet(struct month *m, unsigned client, unsigned server)
{
	int64_t hour = (m->scene.now - m->begin) / HOUR;
	const char *lack = cause_to_lack(m, client, server);
	enum server_way way = way_of(server);

	if (lack != NULL) {
		meet_without(&m->scene, client, server);
		if (habit_of(client) == HABIT_SCANS)
			leave(&m->scene.session);
		/* Its failure at another machine may not be long ago. */
		if (habit_of(client) == HABIT_CANNOT)
			snprintf(m->scene.session.encap, sizeof(m->scene.session.encap),
				 "cannot agree, %s", lack);
		because(m, lack);
	} else if (way == WAY_BREAKS && (hour + server) % 144 < 5) {
		break_down(m, client, server);
	} else if (way == WAY_LIMITS && habit_of(client) == HABIT_ORDINARY) {
		meet_limit(m, client, server);
	} else {
		meet_by_habit(m, client, server);
	}
	show_machine(m, server);
	maybe_by_ipv6(&m->scene.session, client, server);
}

/* One packet was lost: what it told was not seen. */
static inline void
lose_packet(struct month *m)
{
	struct session *s = &m->scene.session;
	bool is_in_tls = s->tls.client_hello;

	s->clear_whole = s->complete = false;
	s->gap_bytes += 100;
	switch (draw(m, 10)) {
	case 0:
		s->syn_seen = false;
		return;
	case 1:
		s->greetings = 0;
		s->smtp.greeting_code = 0;
		return;
	case 2:
		s->helo.len = 0;
		s->smtp.greeting_verb = GREETING_NONE;
		return;
	case 3:
		s->smtp.offered = s->smtp.extended = FACT_UNSEEN;
		s->ehlos = 0;
		return;
	case 4:
		s->smtp.requested = s->smtp.accepted = FACT_UNSEEN;
		s->smtp.starttls_requests = 0;
		return;
	case 5:
		s->smtp.accepted = FACT_UNSEEN;
		s->smtp.starttls_refusal = 0;
		return;
	case 6:
		s->tls.client_hello = false;
		s->tls.offered_version = 0;
		s->sni.len = 0;
		return;
	case 7:
		s->tls.server_hello = false;
		s->tls.version = 0;
		s->tls.complete = is_in_tls ? FACT_UNSEEN : s->tls.complete;
		s->certificate = (struct certificate_facts){0};
		return;
	case 8:
		s->smtp.mail_accepted = s->smtp.message_sent = false;
		return;
	default:
		s->ending = ENDING_IDLE;
		s->smtp.quit_sent = false;
		return;
	}
}

#define PACKETS_IN_CLEAR 16 /* of a session up to the end of its handshake, or of its envelope */

/* Segments of a message in clear: most fit in a few, some have a picture. */
static inline unsigned
draw_body(struct month *m)
{
	unsigned sort = draw(m, 10);

	return sort < 5 ? 1 + draw(m, 3) : sort < 8 ? 4 + draw(m, 30) : 100 + draw(m, 400);
}

/* One of the message's was lost: what came before stands, what may have come behind is not known.
 */
static inline void
lose_of_body(struct session *s)
{
	s->clear_whole = s->complete = false;
	s->gap_bytes += 1448;
	if (s->smtp.requested == FACT_NO)
		s->smtp.requested = FACT_UNSEEN;
	if (s->smtp.accepted == FACT_NO)
		s->smtp.accepted = FACT_UNSEEN;
	if (s->smtp.extended == FACT_NO)
		s->smtp.extended = FACT_UNSEEN;
}

/* The message, where it goes in clear, behind what was seen of all before it. */
static inline void
send_body(struct month *m)
{
	struct session *s = &m->scene.session;
	unsigned segments;

	if (session_outcome(s) != OUTCOME_PLAINTEXT)
		return;
	s->mail_whole = s->clear_whole;
	s->mail_requested = s->smtp.requested;
	s->mail_granted = s->smtp.accepted;
	segments = draw_body(m);
	for (unsigned i = 0; i < segments; i++)
		if (draw(m, 100) < m->loss)
			lose_of_body(s);
}

/* Judge and record it as the tap saw it, and let time pass. */
static inline void
month_pass(struct month *m)
{
	int64_t time;

	for (unsigned i = 0; m->loss > 0 && i < PACKETS_IN_CLEAR; i++)
		if (draw(m, 100) < m->loss)
			lose_packet(m);
	if (m->loss > 0)
		send_body(m);
	time = MONTH / m->sessions / 2 + draw(m, 1000) * (MONTH / m->sessions / 1000);
	pass(&m->scene, m->left > 0 ? time % SECOND : time * m->clump);
}

#endif
