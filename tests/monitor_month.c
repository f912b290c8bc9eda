/*
 * A month of ordinary mail, in which nothing may alarm, and the same month with
 * strips planted in it, which must be found.
 *
 * MONTH_SESSIONS and MONTH_SEED in the environment make it longer or another.
 */
#include "tests/mail_build.h"

#define SERVERS  80u
#define NETWORKS 40u
#define MONTH    (30 * DAY)

enum way {
	WAY_ORDINARY,
	WAY_NEVER,       /* cannot do TLS */
	WAY_NAMED_NODES, /* two machines of different names, one without TLS */
	WAY_TURNS,       /* two machines of one name and other software, one without TLS */
	WAY_ON,          /* switches STARTTLS on in the month */
	WAY_OFF,         /* ... off */
	WAY_LIMITS,      /* refuses STARTTLS to who comes too often */
	WAY_HIDES,       /* keeps STARTTLS from some */
	WAY_OLD,         /* TLS 1.2, and a new certificate in the month */
	WAY_UPGRADED     /* other software in the month */
};

struct month {
	struct scene scene;
	uint64_t random;
	int64_t begin;
	unsigned loss; /* percent */
};

static uint32_t
draw(struct month *m, uint32_t below)
{
	m->random = m->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(m->random >> 33) % below;
}

/* Few are met often, many seldom. */
static uint32_t
draw_popular(struct month *m, uint32_t below)
{
	uint32_t a = draw(m, below), b = draw(m, below), c = draw(m, below);

	a = a < b ? a : b;
	return a < c ? a : c;
}

static enum way
way_of(unsigned server)
{
	static const enum way ways[20] = {
	    WAY_ORDINARY, WAY_ORDINARY, WAY_NAMED_NODES, WAY_ORDINARY, WAY_NEVER,
	    WAY_ORDINARY, WAY_OLD,      WAY_TURNS,       WAY_ORDINARY, WAY_ON,
	    WAY_ORDINARY, WAY_OFF,      WAY_ORDINARY,    WAY_LIMITS,   WAY_HIDES,
	    WAY_ORDINARY, WAY_ORDINARY, WAY_UPGRADED,    WAY_NEVER,    WAY_ORDINARY};

	/* Where few come these two cannot be told from stripping, and are warned of. */
	if ((ways[server % 20] == WAY_OFF || ways[server % 20] == WAY_HIDES) && server >= 20)
		return WAY_ORDINARY;
	return ways[server % 20];
}

/* When in the month a server changes. */
static int64_t
change_of(const struct month *m, unsigned server)
{
	return m->begin + (5 + server % 20) * DAY;
}

static bool
is_bot(unsigned client)
{
	return client % 11 == 5;
}

static void
refuse_by_limit(struct scene *sc, unsigned client, unsigned server)
{
	struct session *s = meet(sc, client, server);

	s->tls = (struct tls_facts){0};
	s->smtp.accepted = FACT_NO;
	s->smtp.starttls_refusal = 454;
	s->refusal = text_of("4.7.0 Error: too many new TLS sessions");
	s->smtp.quit_sent = true;
}

static void
show_certificate(struct session *s, unsigned server, bool is_new)
{
	struct certificate_facts *c = &s->certificate;

	s->tls.version = s->tls.offered_version = 0x0303;
	s->sni = s->ehlo[0];
	c->is_seen = c->is_parsed = true;
	memset(c->spki_sha256, (int)(server + (is_new ? 128 : 0)), sizeof(c->spki_sha256));
	c->not_after = START + 200 * DAY;
	c->self_signed = server % 3 == 0 ? FACT_YES : FACT_NO;
	snprintf(c->issuer, sizeof(c->issuer), "CN=%s", server % 3 == 0 ? "mx" : "R3");
}

static void
deliver(struct month *m, unsigned client, unsigned server)
{
	struct scene *sc = &m->scene;
	bool is_late = sc->now >= change_of(m, server);
	enum way way = way_of(server);
	unsigned network = client / 200;
	bool is_without = way == WAY_NEVER || (way == WAY_ON && !is_late) ||
			  (way == WAY_OFF && is_late) || (way == WAY_HIDES && network % 4 == 0) ||
			  ((way == WAY_NAMED_NODES || way == WAY_TURNS) && draw(m, 2) == 0);

	if (is_without)
		meet_without(sc, client, server);
	else if (way == WAY_LIMITS && !is_bot(client) && draw(m, 10) == 0)
		refuse_by_limit(sc, client, server);
	else if (is_bot(client))
		meet_in_clear(sc, client, server);
	else
		meet(sc, client, server);
	if (way == WAY_NAMED_NODES)
		sc->session.ehlo[0] =
		    is_without ? text_of("b.example.net") : text_of("a.example.net");
	if (way == WAY_TURNS && is_without)
		sc->session.ehlo[7] = text_of("BINARYMIME");
	if (way == WAY_OLD && sc->session.tls.complete == FACT_YES)
		show_certificate(&sc->session, server, is_late);
	if (way == WAY_UPGRADED && is_late) {
		sc->session.greeting[0] = text_of("mx ESMTP Exim 4.96");
		sc->session.ehlo[7] = text_of("HELP");
	}
}

/* Some of it was not captured: what might have been there was not seen. */
static void
lose(struct month *m)
{
	struct session *s = &m->scene.session;

	if (draw(m, 100) >= m->loss)
		return;
	s->clear_whole = s->complete = false;
	s->gap_bytes = 100;
	switch (draw(m, 3)) {
	case 0:
		s->smtp.offered = s->smtp.offered == FACT_NO ? FACT_UNSEEN : s->smtp.offered;
		s->ehlos = s->ehlos / 2;
		break;
	case 1:
		s->smtp.requested = s->smtp.accepted = FACT_UNSEEN;
		break;
	default:
		s->greetings = 0;
		break;
	}
}

static void
some_time_passes(struct month *m, int64_t sessions)
{
	m->scene.now +=
	    MONTH / sessions / 2 + draw(m, (uint32_t)(MONTH / sessions / SECOND)) * SECOND;
}

static int64_t
wanted(const char *name, int64_t otherwise)
{
	const char *value = getenv(name);

	return value == NULL ? otherwise : strtoll(value, NULL, 10);
}

static struct month *
begin(const char *path, unsigned loss)
{
	struct month *m = test_calloc(1, sizeof(*m));

	m->random = (uint64_t)wanted("MONTH_SEED", 7) + loss;
	m->loss = loss;
	m->begin = START;
	scene_open(&m->scene, path);
	return m;
}

static void
a_month_of_ordinary_mail_raises_no_alarm(void **state)
{
	static const unsigned losses[] = {0, 1, 5};
	struct fixture *p = *state;
	int64_t sessions = wanted("MONTH_SESSIONS", 6000);

	for (size_t i = 0; i < sizeof(losses) / sizeof(losses[0]); i++) {
		struct month *m;
		char path[128];

		snprintf(path, sizeof(path), "%s/%u.db", p->folder, losses[i]);
		m = begin(path, losses[i]);
		for (int64_t n = 0; n < sessions; n++) {
			deliver(m, 200 * draw_popular(m, NETWORKS) + draw(m, 3),
				draw_popular(m, SERVERS));
			lose(m);
			pass(&m->scene, 0);
			some_time_passes(m, sessions);
		}
		end_calmly(&m->scene, path);
		test_free(m);
	}
}

/* One strip is planted after another, in a month that is otherwise ordinary. */
struct plant {
	const char *name;
	unsigned client, server; /* UINT32_MAX: any */
	unsigned every;          /* so many sessions of them one is stripped */
	int64_t after, until;    /* days */
	unsigned enough;         /* percent that must be found */
};

static bool
is_planted(struct month *m, const struct plant *plant, unsigned client, unsigned server)
{
	int64_t day = (m->scene.now - m->begin) / DAY;

	return (plant->client == UINT32_MAX || client / 200 == plant->client) &&
	       (plant->server == UINT32_MAX || server == plant->server) && day >= plant->after &&
	       day < plant->until && draw(m, plant->every) == 0;
}

static void
grow(const char *folder, const struct plant *plant)
{
	int64_t sessions = wanted("MONTH_SESSIONS", 6000);
	unsigned planted = 0;
	struct month *m;
	char path[128], query[512];
	char *found;

	snprintf(path, sizeof(path), "%s/plant.db", folder);
	unlink(path);
	m = begin(path, 0);
	for (int64_t n = 0; n < sessions; n++) {
		unsigned client = 200 * draw_popular(m, NETWORKS) + draw(m, 3);
		unsigned server = draw_popular(m, SERVERS);

		deliver(m, client, server);
		if (way_of(server) == WAY_ORDINARY && is_planted(m, plant, client, server)) {
			planted++;
			meet_without(&m->scene, client, server);
			m->scene.session.encap[0] = 'P';
		}
		pass(&m->scene, 0);
		some_time_passes(m, sessions);
	}
	scene_close(&m->scene);
	assert_query(path,
		     "SELECT i.kind, i.summary FROM v_findings f JOIN v_sessions s ON s.id ="
		     " f.session JOIN v_incidents i ON i.id = f.incident WHERE f.severity IN"
		     " ('warning', 'critical') AND s.encap IS NULL LIMIT 3",
		     "");
	snprintf(query, sizeof(query),
		 "SELECT count(DISTINCT s.id) FROM v_sessions s JOIN v_findings f ON f.session ="
		 " s.id WHERE s.encap = 'P' AND f.kind = 'starttls-stripped'");
	found = dump(path, query);
	print_message("%s: %u planted, found %s", plant->name, planted, found);
	assert_in_range(planted, 1, UINT32_MAX);
	if (getenv("MONTH_KEEP") != NULL)
		rename(path, getenv("MONTH_KEEP"));
	if (strtoul(found, NULL, 10) * 100 < (unsigned long)planted * plant->enough)
		fail_msg("%s: %u planted, found %s", plant->name, planted, found);
	free(found);
	test_free(m);
}

static void
strips_that_are_planted_in_it_are_found(void **state)
{
	static const struct plant plants[] = {
	    {"one client network at one server", 0, 0, 1, 10, 30, 95},
	    {"one client network at all servers", 1, UINT32_MAX, 1, 10, 30, 85},
	    {"one client network from the first day on", 2, UINT32_MAX, 1, 0, 30, 50},
	    {"one session of a hundred", UINT32_MAX, UINT32_MAX, 100, 3, 30, 80},
	    {"one of ten of a server", UINT32_MAX, 1, 10, 5, 30, 80},
	};
	struct fixture *p = *state;

	for (size_t i = 0; i < sizeof(plants) / sizeof(plants[0]); i++)
		grow(p->folder, &plants[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    FIXTURE_TEST(a_month_of_ordinary_mail_raises_no_alarm),
	    FIXTURE_TEST(strips_that_are_planted_in_it_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
