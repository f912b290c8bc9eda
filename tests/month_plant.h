/*
 * Attacks planted in a month of ordinary mail, and what was found of them; and
 * what alarmed though nobody attacked. For the test and the long runs alike.
 */
#ifndef TESTS_MONTH_PLANT_H
#define TESTS_MONTH_PLANT_H

#include <inttypes.h>

#include "tests/month_build.h"

enum attack {
	ATTACK_CUT,        /* the line is cut out of the reply */
	ATTACK_MASK,       /* ... is overwritten with X */
	ATTACK_REFUSE,     /* a forged 454, and the client goes on in clear */
	ATTACK_SUPPRESS,   /* EHLO is answered 500 */
	ATTACK_BREAK,      /* the handshake is reset, and the client comes back in clear */
	ATTACK_DOWNGRADE,  /* somebody speaks TLS 1.2 in the server's place */
	ATTACK_SUBSTITUTE, /* ... shows a certificate of his own */
	ATTACK_CUT_BEHIND  /* the line is cut between the tap and the client */
};
#define ATTACKS (ATTACK_CUT_BEHIND + 1)
#define LATE    (20 * DAY)

enum depth {
	DEPTH_ONE,
	DEPTH_TEN,
	DEPTH_CLIENT,
	DEPTH_SERVER,
	DEPTH_CLIENT_FIRST, /* from the first day on */
	DEPTH_SERVER_FIRST,
	DEPTH_PERCENT /* of all sessions; in a month of its own */
};
#define DEPTHS (DEPTH_PERCENT + 1)

struct planted {
	unsigned planted;     /* sessions */
	unsigned found, told; /* in the end: at warning or worse; at notice or worse */
	unsigned first;       /* the first that was found at once; 0: none was */
	int64_t began, taken; /* of the first; from there to the first found */
	char kind[32], certainty[16],
	    where[16]; /* of the first found; with hindsight: of the worst */
};

struct planting {
	struct month *month;
	enum attack attack;
	bool is_percent; /* that alone; else all the others */
	struct planted planted[DEPTHS];
};

static const char *const attack_names[ATTACKS] = {"cut",
						  "masked",
						  "454 forged",
						  "EHLO refused",
						  "handshake broken",
						  "TLS 1.2 forced",
						  "certificate",
						  "cut behind the tap"};
static const char *const depth_names[DEPTHS] = {
    "one session",       "ten sessions",      "one client",     "one server for all",
    "client, first day", "server, first day", "1 % of sessions"};

/* Of the servers that an attack suits, the nth. */
static inline unsigned
suited_server(enum attack attack, unsigned n)
{
	enum server_way way = attack == ATTACK_SUBSTITUTE ? WAY_OLD : WAY_ORDINARY;
	unsigned server = 0;

	while (way_of(server) != way || n-- > 0)
		server++;
	return server;
}

/* What is done to the reply everybody gets, TLS or not. */
static inline bool
is_suited(enum attack attack, enum depth depth, unsigned client, unsigned server)
{
	enum server_way way = attack == ATTACK_SUBSTITUTE ? WAY_OLD : WAY_ORDINARY;
	bool is_of_all =
	    (depth == DEPTH_SERVER || depth == DEPTH_SERVER_FIRST) && attack <= ATTACK_MASK;

	return way_of(server) == way && (is_of_all || habit_of(client) == HABIT_ORDINARY);
}

/* How deep this session is attacked, if at all. */
static inline bool
is_attacked(struct planting *p, unsigned client, unsigned server, enum depth *out)
{
	int64_t day = (p->month->scene.now - p->month->begin) / DAY;
	unsigned network = client / 200;
	const struct {
		enum depth depth;
		bool is_so;
	} depths[] = {
	    {DEPTH_ONE, network == 0 && server == suited_server(p->attack, 0) && day >= 15 &&
			    p->planted[DEPTH_ONE].planted < 1},
	    {DEPTH_TEN, network == 1 && server == suited_server(p->attack, 0) && day >= 15 &&
			    p->planted[DEPTH_TEN].planted < 10},
	    {DEPTH_SERVER, server == suited_server(p->attack, 1) && day >= 10},
	    {DEPTH_SERVER_FIRST, server == suited_server(p->attack, 2)},
	    {DEPTH_CLIENT, network == 2 && day >= 10},
	    {DEPTH_CLIENT_FIRST, network == 3},
	};

	*out = DEPTH_PERCENT;
	if (p->is_percent)
		return day >= 3 && is_suited(p->attack, *out, client, server) &&
		       draw(p->month, 100) == 0;
	for (size_t i = 0; i < sizeof(depths) / sizeof(depths[0]); i++) {
		*out = depths[i].depth;
		if (depths[i].is_so && is_suited(p->attack, *out, client, server))
			return true;
	}
	return false;
}

static inline void
label(struct session *s, enum depth depth)
{
	snprintf(s->encap, sizeof(s->encap), "planted %d", (int)depth);
}

/* The handshake is reset; five minutes later the client comes back. */
static inline void
break_handshake(struct month *m, unsigned client, unsigned server)
{
	int64_t now = m->scene.now;

	m->scene.now -= 5 * MINUTE;
	meet_and_fail(&m->scene, client, server);
	maybe_by_ipv6(&m->scene.session, client, server);
	snprintf(m->scene.session.encap, sizeof(m->scene.session.encap), "before");
	pass(&m->scene, 0);
	m->scene.now = now;
	meet_in_clear(&m->scene, client, server);
}

static inline bool
is_from_first_day(enum depth depth)
{
	return depth == DEPTH_CLIENT_FIRST || depth == DEPTH_SERVER_FIRST;
}

static inline void
attack(struct planting *p, unsigned client, unsigned server, enum depth depth)
{
	struct scene *sc = &p->month->scene;

	switch (p->attack) {
	case ATTACK_CUT:
		meet_without(sc, client, server);
		break;
	case ATTACK_MASK:
		meet_in_clear(sc, client, server)->ehlo[5] = text_of("XXXXXXXA");
		sc->session.smtp.offered = FACT_NO;
		break;
	case ATTACK_REFUSE:
		in_clear_at(meet_and_refuse(sc, client, server, 454,
					    "4.7.0 TLS not available due to local problem"));
		break;
	case ATTACK_SUPPRESS:
		meet_and_refuse_ehlo(sc, client, server);
		break;
	case ATTACK_BREAK:
		break_handshake(p->month, client, server);
		break;
	case ATTACK_DOWNGRADE:
		meet(sc, client, server)->tls.version = 0x0303;
		break;
	case ATTACK_SUBSTITUTE:
		meet(sc, client, server);
		/* Whoever was there before anything was known is somebody else. */
		show_certificate(&sc->session, server, is_from_first_day(depth) ? 4 : 3, NULL);
		break;
	case ATTACK_CUT_BEHIND:
		meet_in_clear(sc, client, server);
		break;
	}
	maybe_by_ipv6(&sc->session, client, server);
	label(&sc->session, depth);
}

/* What was found of the session that just passed. */
static inline void
note_found(struct planting *p, enum depth depth, int64_t time)
{
	struct planted *d = &p->planted[depth];
	const struct verdict *v = &p->month->scene.verdict;
	const struct finding *worst = NULL;

	if (d->planted++ == 0)
		d->began = time;
	for (size_t i = 0; i < v->count; i++)
		if (worst == NULL || v->findings[i].severity > worst->severity)
			worst = &v->findings[i];
	/* What is told later is judged later. */
	if (p->month->order != ORDER_BEGUN)
		return;
	if (d->first != 0 || worst == NULL || worst->severity < SEVERITY_WARNING)
		return;
	d->first = d->planted;
	d->taken = time - d->began;
	snprintf(d->kind, sizeof(d->kind), "%s", worst->kind->name);
	snprintf(d->certainty, sizeof(d->certainty), "%s", certainty_name(worst->certainty));
	snprintf(d->where, sizeof(d->where), "%s", where_name(worst->where));
}

/* Sessions planted at that depth that have a finding of one of these severities in the end. */
static inline unsigned
count_of(const char *path, size_t depth, const char *severities)
{
	char query[512], *text;
	unsigned count;

	snprintf(query, sizeof(query),
		 "SELECT count(DISTINCT f.session) FROM v_findings f JOIN v_sessions s ON"
		 " s.id = f.session WHERE f.severity IN (%s) AND s.encap = 'planted %zu'",
		 severities, depth);
	text = dump(path, query);
	count = (unsigned)strtoul(text, NULL, 10);
	free(text);
	return count;
}

static inline void
count_found(struct planting *p, const char *path)
{
	for (size_t i = 0; i < DEPTHS; i++) {
		p->planted[i].found = count_of(path, i, "'warning', 'critical'");
		p->planted[i].told = count_of(path, i, "'notice', 'warning', 'critical'");
	}
}

/* A client of the network that has no habit an attack does not suit. */
static inline unsigned
ordinary_client(unsigned network)
{
	unsigned client = 200 * network;

	while (habit_of(client) != HABIT_ORDINARY)
		client++;
	return client;
}

/*
 * Who meets whom. In a short month it may be that the first networks, of which each is attacked
 * at a depth of its own, do not come to a server that suits the attack: then they do late in the
 * month.
 */
static inline void
draw_to_attack(struct planting *p, unsigned *client, unsigned *server)
{
	bool is_late = p->month->scene.now >= p->month->begin + LATE;

	month_draw(p->month, client, server);
	for (unsigned depth = DEPTH_ONE; is_late && !p->is_percent && depth <= DEPTH_CLIENT;
	     depth++) {
		if (p->planted[depth].planted > 0)
			continue;
		*client = ordinary_client(depth);
		*server = suited_server(p->attack, 0);
		return;
	}
}

/* A month with one attack at all depths but one, or at that one. */
static inline void
plant(struct planting *p, const char *path, int64_t sessions, unsigned servers, unsigned networks)
{
	struct month *m = p->month = month_open(path, sessions, servers, networks,
						(unsigned)month_wanted("MONTH_PLANTED_LOSS", 0));

	for (int64_t n = 0; n < sessions; n++) {
		unsigned client, server;
		int64_t time = m->scene.now;
		enum depth depth;

		draw_to_attack(p, &client, &server);
		if (!is_attacked(p, client, server, &depth)) {
			month_meet(m, client, server);
			month_pass(m);
			continue;
		}
		attack(p, client, server, depth);
		month_pass(m);
		note_found(p, depth, time);
	}
	month_close(m);
	p->month = NULL;
	count_found(p, path);
}

/*
 * What ordinary life is warned of, as far as that can be explained: these tell the truth, and
 * whether it was an attack or somebody's decision no tap can tell.
 */
#define EXPLAINED                                                                         \
	"((s.encap = 'client stops' AND f.kind = 'starttls-unused') OR"                   \
	" ((s.encap LIKE 'cannot agree%' OR s.encap IN ('falls back', 'rate limit')) AND" \
	" f.kind IN ('plaintext-fallback', 'starttls-unused')) OR"                        \
	" ((s.encap LIKE '%switched off' OR s.encap LIKE '%off for hours' OR"             \
	" s.encap LIKE '%hidden from some' OR s.encap = 'not yet on') AND f.kind = "      \
	"'starttls-stripped') OR"                                                         \
	" (s.encap IN ('lowered', 'second machine') AND f.kind = 'tls-downgrade'))"

#define ALARMS_OF_ORDINARY                                                                         \
	" FROM v_findings f JOIN v_sessions s ON s.id = f.session WHERE f.severity IN ('warning'," \
	" 'critical') AND coalesce(s.encap, '') NOT LIKE 'planted%' AND"                           \
	" coalesce(s.encap, '') <> 'before'"

#endif
