/*
 * What many lost packets may do, and a snap length: leave a finding unmade,
 * never make one that the whole capture does not have. A poor tap at random,
 * for every session of tests/captures, of the shared captures where they are at
 * hand, and for dialogues that are made up.
 */
#include "tests/made_up.h"
#include "tests/says.h"

#define TAPS         10  /* poor ones that a file is captured at */
#define MADE_UP      600 /* dialogues */
#define MADE_UP_TAPS 4

/*
 * Of STARTTLS, mail in clear having gone before: it came too late, and nothing that is left tells
 * of it. A refusal must have come before.
 */
static bool
is_late(const struct says *was, const struct says *is, const char *kind)
{
	if (was->outcome != OUTCOME_PLAINTEXT || is->smtp.accepted == FACT_YES ||
	    is->tls.records[SIDE_CLIENT] + is->tls.records[SIDE_SERVER] > 0)
		return false;
	if (strcmp(kind, "starttls-refused") == 0)
		return was->mail_granted == FACT_NO && was->smtp.accepted != FACT_NO;
	return (strcmp(kind, "starttls-unused") == 0 || strcmp(kind, "starttls-missing") == 0) &&
	       (was->smtp.requested != was->mail_requested ||
		was->smtp.accepted != was->mail_granted);
}

/* A kind of finding that the whole does not have; where all that came last is lost nobody knows. */
static const char *
false_kind(const struct says *was, const struct says *is)
{
	if (was->conflicts || (is->ending == ENDING_CAPTURE && was->ending != ENDING_CAPTURE))
		return NULL;
	for (size_t i = 0; i < is->kind_count; i++)
		if (!has_kind(was, is->kinds[i]) && !is_late(was, is, is->kinds[i]))
			return is->kinds[i];
	return NULL;
}

/* A tap that loses packets, and cuts the others. */
struct tap {
	unsigned losses; /* in a thousand packets a loss begins */
	unsigned burst;  /* packets that it takes, at most */
	size_t snaplen;
};

static struct tap
poor_tap(void)
{
	static const unsigned losses[] = {10, 50, 200, 0}, bursts[] = {1, 2, 6};

	return (struct tap){
	    .losses = losses[rand() % 4],
	    .burst = bursts[rand() % 3],
	    .snaplen = rand() % 2 ? WIRE_PACKET_MAX : 40 + (size_t)rand() % 1460,
	};
}

static void
run_tapped(const struct tap *t)
{
	struct dissector *d = begin(&varied);
	unsigned lost = 0;

	for (size_t i = 0; i < file.count; i++) {
		if (lost == 0 && (unsigned)rand() % 1000 < t->losses)
			lost = 1 + (unsigned)rand() % t->burst;
		if (lost > 0)
			lost--;
		else
			feed_snapped(d, &file.packets[i], t->snaplen);
	}
	end(d);
}

/* Whether two sessions have the same ends. */
static bool
has_twins(const struct run *run)
{
	for (size_t i = 0; i < run->count; i++)
		if (rank(run, i) > 0)
			return true;
	return false;
}

static int
try_taps(const char *name, int taps)
{
	int failed = 0;

	/* Which of the sessions is left nobody can tell. */
	if (has_twins(&whole))
		return 0;

	while (taps-- > 0) {
		struct tap t = poor_tap();
		char how[96];

		run_tapped(&t);
		snprintf(how, sizeof(how), "%u of 1000 lost, %u at a time, snap length %zu",
			 t.losses, t.burst, t.snaplen);
		failed += compare(name, how, false_kind, false);
	}
	return failed;
}

/* Each packet lost in turn. */
static int
try_without(const char *name)
{
	int failed = 0;

	for (size_t i = 0; i < file.count; i++) {
		char how[32];

		snprintf(how, sizeof(how), "without %zu", i);
		run_without(i);
		failed += compare(name, how, false_kind, false);
	}
	return failed;
}

static void
what_is_lost_of_made_up_dialogues_makes_no_finding(void **state)
{
	int failed = 0;

	(void)state;
	srand(20260102);
	for (int i = 0; i < MADE_UP; i++) {
		char name[32];

		forget_file();
		make_up(keep_packet);
		run_whole();
		snprintf(name, sizeof(name), "made up %d", i);
		failed += try_without(name) + try_taps(name, MADE_UP_TAPS);
	}
	forget_file();
	print_message("# score: %d made-up dialogues, %d differences\n", MADE_UP, failed);
	assert_int_equal(failed, 0);
}

static int
try_file(const char *name)
{
	srand(20260101);
	run_whole();
	return try_taps(name, TAPS);
}

static void
what_is_lost_of_our_captures_makes_no_finding(void **state)
{
	(void)state;
	try_folder("tests/captures", try_file);
}

static void
what_is_lost_of_the_corpus_makes_no_finding(void **state)
{
	(void)state;
	try_folder("../shared/corpus", try_file);
}

static void
what_is_lost_of_the_range_makes_no_finding(void **state)
{
	(void)state;
	try_folder("../shared/range-sample", try_file);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_lost_of_made_up_dialogues_makes_no_finding),
	    cmocka_unit_test(what_is_lost_of_our_captures_makes_no_finding),
	    cmocka_unit_test(what_is_lost_of_the_corpus_makes_no_finding),
	    cmocka_unit_test(what_is_lost_of_the_range_makes_no_finding),
	};

	watch_ports();
	return cmocka_run_group_tests_name("losses", tests, NULL, NULL);
}
