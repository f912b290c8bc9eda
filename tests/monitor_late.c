/*
 * The same sessions in the order in which they began, as a tap tells them, and at random within a
 * minute: what alarms in the end is the same. Several a second at one server, since only what
 * lies so close together changes places.
 *
 * LATE_SEEDS in the environment is how many times each is played, at random.
 */
#include "tests/history_build.h"
#include "tests/order_build.h"

#define NETWORKS 6u
#define DENSE    600u /* milliseconds between two sessions, at most */
#define SPARSE   3600000u

/* What happens, each time at random, and the same for the same seed. */
struct play {
	struct scene *scene;
	uint64_t random;
};

static unsigned
draw(struct play *p, unsigned below)
{
	p->random = p->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(p->random >> 33) % below;
}

static unsigned
anybody(struct play *p)
{
	return 1 + draw(p, NETWORKS);
}

/* The session as it stands is over within seconds, and the next begins. */
static void
next(struct play *p, unsigned apart)
{
	p->scene->session.end = p->scene->now + (200 + (int64_t)draw(p, 3000)) * 1000;
	pass(p->scene, (1 + (int64_t)draw(p, apart)) * 1000);
}

static void
offer(struct play *p, unsigned network, unsigned apart)
{
	meet(p->scene, NETWORK(network), 1);
	next(p, apart);
}

static void
lack(struct play *p, unsigned network, unsigned apart)
{
	meet_without(p->scene, NETWORK(network), 1);
	next(p, apart);
}

/* Everybody is offered it: for half a minute, or for more than a day. */
static void
be_clean(struct play *p, unsigned apart)
{
	for (int i = 0; i < 80; i++)
		offer(p, anybody(p), apart);
}

static void
one_is_stripped(struct play *p)
{
	be_clean(p, DENSE);
	for (int i = 0; i < 120; i++) {
		unsigned network = anybody(p);

		if (network == 1)
			lack(p, 1, DENSE);
		else
			offer(p, network, DENSE);
	}
}

static void
one_is_stripped_by_turns(struct play *p)
{
	be_clean(p, SPARSE);
	for (int i = 0; i < 120; i++) {
		unsigned network = anybody(p);

		if (network == 1 && draw(p, 2) == 0)
			lack(p, 1, DENSE);
		else
			offer(p, network, DENSE);
	}
}

static void
strip_half(struct play *p)
{
	for (int i = 0; i < 160; i++) {
		unsigned network = anybody(p);

		if (network % 2 == 1)
			lack(p, network, DENSE);
		else
			offer(p, network, DENSE);
	}
}

static void
half_are_stripped(struct play *p)
{
	be_clean(p, DENSE);
	strip_half(p);
}

static void
half_are_stripped_after_long(struct play *p)
{
	be_clean(p, SPARSE);
	strip_half(p);
}

/* Network 7 never was offered it, and from there on network 1 no longer is, or nobody. */
static void
be_beside_one_without(struct play *p, unsigned lost)
{
	for (int i = 0; i < 240; i++) {
		unsigned network = 1 + draw(p, NETWORKS + 1);

		if (network == 7 || (i > 100 && network <= lost))
			lack(p, network, 2 * DENSE);
		else
			offer(p, network, 2 * DENSE);
	}
}

static void
one_never_was_offered_it(struct play *p)
{
	be_beside_one_without(p, 0);
}

static void
one_is_stripped_beside_it(struct play *p)
{
	be_beside_one_without(p, 1);
}

static void
it_is_switched_off_beside_it(struct play *p)
{
	be_beside_one_without(p, NETWORKS);
}

static void
it_is_switched_off(struct play *p)
{
	be_clean(p, DENSE);
	for (int i = 0; i < 160; i++)
		lack(p, anybody(p), 2 * DENSE);
}

static void
it_is_switched_off_after_long(struct play *p)
{
	be_clean(p, SPARSE);
	for (int i = 0; i < 160; i++)
		lack(p, anybody(p), 2 * DENSE);
}

/* ... and little came since: within the minute what is told is all that there is. */
static void
it_is_switched_off_lately(struct play *p)
{
	be_clean(p, DENSE);
	for (unsigned i = 0; i < 12; i++)
		lack(p, 1 + i % NETWORKS, DENSE);
}

static void
it_is_switched_on(struct play *p)
{
	for (int i = 0; i < 60; i++)
		lack(p, anybody(p), DENSE);
	be_clean(p, DENSE);
}

/* One machine after the other. */
static void
it_is_rolled_out(struct play *p)
{
	for (int i = 0; i < 200; i++) {
		if (draw(p, 160) + 20 > (unsigned)i)
			lack(p, anybody(p), DENSE);
		else
			offer(p, anybody(p), DENSE);
	}
}

/* One of three is without it, by another name. */
static void
machines_differ_by_name(struct play *p)
{
	for (int i = 0; i < 160; i++) {
		bool is_other = draw(p, 3) == 0;

		if (is_other)
			meet_without(p->scene, NETWORK(anybody(p)), 1);
		else
			meet(p->scene, NETWORK(anybody(p)), 1);
		p->scene->session.ehlo[0] = text_of(is_other ? "b.example.net" : "a.example.net");
		next(p, DENSE);
	}
}

/* ... and by the same. */
static void
machines_differ(struct play *p)
{
	for (int i = 0; i < 160; i++) {
		if (draw(p, 3) == 0)
			lack(p, anybody(p), DENSE);
		else
			offer(p, anybody(p), DENSE);
	}
}

static void
the_first_is_stripped(struct play *p)
{
	lack(p, 1, DENSE);
	be_clean(p, DENSE);
}

static void
handshakes_are_broken(struct play *p)
{
	be_clean(p, DENSE);
	for (int i = 0; i < 20; i++) {
		meet_and_fail(p->scene, NETWORK(1), 1);
		next(p, DENSE);
		meet_in_clear(p->scene, NETWORK(1), 1);
		next(p, DENSE);
		offer(p, 2 + draw(p, NETWORKS - 1), DENSE);
	}
}

static void
refuse_ehlo(struct play *p)
{
	for (int i = 0; i < 100; i++) {
		unsigned network = anybody(p);

		if (network != 1) {
			offer(p, network, DENSE);
			continue;
		}
		meet_and_refuse_ehlo(p->scene, NETWORK(1), 1);
		next(p, DENSE);
	}
}

static void
ehlo_is_refused(struct play *p)
{
	be_clean(p, DENSE);
	refuse_ehlo(p);
}

/* ... as soon as a few were offered it, who are told of behind the first who was refused. */
static void
ehlo_is_refused_early(struct play *p)
{
	for (unsigned network = 2; network <= NETWORKS; network++)
		offer(p, network, DENSE);
	refuse_ehlo(p);
}

#define STRIPPED(n) "starttls-stripped|critical|probable|10.0." #n ".1\n"
#define KEPT(n)     "starttls-stripped|warning|possible|10.0." #n ".1\n"
#define SUPPRESSED                                    \
	"ehlo-suppressed|warning|probable|10.0.1.1\n" \
	"plaintext-fallback|warning|probable|10.0.1.1\n"

/* What alarms in the end. */
static const struct {
	const char *name;
	void (*play)(struct play *p);
	const char *alarms;
} scenes[] = {
    {"one is stripped", one_is_stripped, STRIPPED(1)},
    {"one is stripped by turns", one_is_stripped_by_turns, STRIPPED(1)},
    {"half are stripped", half_are_stripped, STRIPPED(1) STRIPPED(3) STRIPPED(5)},
    {"half are stripped after long", half_are_stripped_after_long,
     STRIPPED(1) STRIPPED(3) STRIPPED(5)},
    {"one never was offered it", one_never_was_offered_it, KEPT(7)},
    {"one is stripped beside it", one_is_stripped_beside_it, STRIPPED(1) KEPT(7)},
    /* Who was without it before is one of many without it from then on, and no longer singled out.
     */
    {"it is switched off beside it", it_is_switched_off_beside_it, ""},
    {"it is switched off", it_is_switched_off, ""},
    {"it is switched off after long", it_is_switched_off_after_long, ""},
    {"it is switched off lately", it_is_switched_off_lately, ""},
    {"it is switched on", it_is_switched_on, ""},
    {"it is rolled out", it_is_rolled_out, ""},
    {"machines differ by name", machines_differ_by_name, ""},
    {"machines differ", machines_differ, ""},
    {"the first is stripped", the_first_is_stripped, KEPT(1)},
    {"handshakes are broken", handshakes_are_broken,
     "plaintext-fallback|warning|probable|10.0.1.1\n"
     "starttls-unused|warning|possible|10.0.1.1\n"},
    {"EHLO is refused", ehlo_is_refused, SUPPRESSED},
    {"EHLO is refused early", ehlo_is_refused_early, SUPPRESSED},
};

static const char alarms[] = "SELECT kind, severity, certainty, client FROM v_incidents"
			     " WHERE severity IN ('warning', 'critical') ORDER BY client, kind";

/* Whether that is what alarms; prints what does where it is not. */
static bool
alarms_as_wanted(struct kept_sessions *k, size_t scene, enum order order, uint64_t seed,
		 const char *folder)
{
	struct scene *told = test_calloc(1, sizeof(*told));
	char path[128], *got;
	bool is_good;

	snprintf(path, sizeof(path), "%s/%d-%d.db", folder, (int)order, (int)seed);
	scene_open(told, path);
	tell_kept(k, told, order, seed);
	scene_close(told);
	test_free(told);
	got = dump(path, alarms);
	is_good = strcmp(got, scenes[scene].alarms) == 0;
	if (!is_good)
		print_error("%s, order %d, %d: %s\n", scenes[scene].name, (int)order, (int)seed,
			    got[0] == '\0' ? "nothing" : got);
	free(got);
	unlink(path);
	return is_good;
}

static unsigned
count_wrong(size_t scene, uint64_t seed, const char *folder)
{
	struct scene *sc = test_calloc(1, sizeof(*sc));
	struct kept_sessions *k = keep_sessions(sc);
	struct play play = {.scene = sc, .random = seed};
	unsigned wrong;

	scenes[scene].play(&play);
	wrong = !alarms_as_wanted(k, scene, ORDER_BEGUN, 0, folder);
	wrong += !alarms_as_wanted(k, scene, ORDER_TAP, seed, folder);
	wrong += !alarms_as_wanted(k, scene, ORDER_ANY, seed, folder);
	kept_free(k);
	test_free(sc);
	return wrong;
}

static void
what_alarms_does_not_depend_on_the_order_of_telling(void **state)
{
	struct fixture *p = *state;
	const char *wanted = getenv("LATE_SEEDS");
	unsigned long seeds = wanted == NULL ? 1 : strtoul(wanted, NULL, 10);
	unsigned wrong = 0;

	for (size_t i = 0; i < sizeof(scenes) / sizeof(scenes[0]); i++)
		for (uint64_t seed = 1; seed <= seeds; seed++)
			wrong += count_wrong(i, seed, p->folder);
	assert_int_equal(wrong, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    FIXTURE_TEST(what_alarms_does_not_depend_on_the_order_of_telling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
