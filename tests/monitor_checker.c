/*
 * Keeper and checker: messages that cross whole or not at all, a checker that dies,
 * one that was taken over, and a keeper that was.
 *
 * This program is also its own checker: as a role it does what its parent left it a
 * word for, and is the real one where there is none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>
#include <fcntl.h>

#include "monitor/log.h"
#include "monitor/role/asker.h"
#include "monitor/role/checker.h"
#include "monitor/role/layers.h"
#include "tests/packed.h"
#include "tests/resolver.h"
#include "tests/x509_build.h"

/* ---- What crosses ---- */

static struct domain
named(const char *name)
{
	struct domain d;

	assert_int_equal(domain_read(bytes_text(name), &d), DOMAIN_OK);
	return d;
}

static void
set_hosts(struct learnt *l)
{
	static const struct tlsa records[] = {
	    {.usage = 3, .selector = 1, .matching = 1, .data = BYTES_INIT("digest")},
	    {.usage = 2, .data = BYTES_INIT("authority"), .is_der = true, .subject = 0xfedcba98}};

	l->mx_answer = ANSWER_SECURE;
	l->mx.form = MX_LISTED;
	l->mx.count = 2;
	l->mx.is_whole = true;
	l->alias = named("example.net");
	l->mx.hosts[0].name = named("mx1.example.com");
	l->mx.hosts[1].name = named("mx2.example.com");
	l->mx.hosts[1].preference = 20;
	l->mx.hosts[1].is_whole = true;
	mx_add_address(&l->mx.hosts[1], &(struct address){4, {192, 0, 2, 1}});
	mx_add_address(&l->mx.hosts[1], &(struct address){6, {0x20, 1, 0xd, 0xb8}});
	learnt_set_hosts(l);
	l->hosts[1].dane.address = ANSWER_SECURE;
	l->hosts[1].dane.tlsa[DANE_BASE_EXPANDED] = ANSWER_SECURE;
	assert_true(learnt_set_tlsa(l, 1, DANE_BASE_EXPANDED, records, 2));
}

static struct learnt *
example(void)
{
	struct domain d = named("example.com");
	struct learnt *l = learnt_new(&d);

	assert_non_null(l);
	l->can_be_secure = l->was_served = true;
	l->sts_answer = ANSWER_INSECURE;
	l->sts_ttl = 300;
	l->sts_record.state = STS_RECORD_FOUND;
	snprintf(l->sts_record.id, sizeof(l->sts_record.id), "%s", "20260301");
	l->fetch = LEARNT_FETCHED;
	assert_true(learnt_set_text(l, BYTES("version: STSv1\nmode: none\nmax_age: 1\n")));
	problems_add(&l->sts_problems, "One.");
	problems_add(&l->sts_problems, "Two.");
	l->mx_problems.omitted = 3;
	l->tlsrpt_answer = ANSWER_ABSENT;
	l->tlsrpt.state = TLSRPT_FOUND;
	l->tlsrpt.count = 1;
	snprintf(l->tlsrpt.rua[0], sizeof(l->tlsrpt.rua[0]), "%s", "mailto:a@example.com");
	set_hosts(l);
	return l;
}

static struct learnt *
crossed(const struct learnt *l)
{
	struct packer p = packer_over(memory, sizeof(memory));

	checker_message_put_learnt(&p, l);
	return checker_message_get_learnt(body_of(&p, MESSAGE_LEARNT));
}

static void
what_was_learnt_crosses_whole(void **state)
{
	struct learnt *l = example(), *other = crossed(l);
	const struct tlsa_set *set;

	(void)state;
	assert_non_null(other);
	assert_string_equal(other->domain.text, "example.com");
	assert_true(other->can_be_secure && other->was_served);
	assert_int_equal(other->sts_answer, ANSWER_INSECURE);
	assert_int_equal(other->sts_ttl, 300);
	assert_string_equal(other->sts_record.id, "20260301");
	assert_true(bytes_equal(other->text, l->text));
	assert_int_equal(other->sts_problems.count, 2);
	assert_string_equal(other->sts_problems.text[1], "Two.");
	assert_int_equal(other->mx_problems.omitted, 3);
	assert_string_equal(other->tlsrpt.rua[0], "mailto:a@example.com");
	assert_string_equal(other->alias.text, "example.net");
	assert_int_equal(other->mx.count, 2);
	assert_int_equal(other->mx.hosts[1].preference, 20);
	assert_int_equal(other->mx.hosts[1].address_count, 2);
	assert_true(address_equal(&other->mx.hosts[1].addresses[1], &l->mx.hosts[1].addresses[1]));
	assert_int_equal(other->hosts[1].dane.mx, ANSWER_SECURE);
	assert_string_equal(other->hosts[1].expanded.text, "mx2.example.com");
	set = &other->hosts[1].dane.records[DANE_BASE_EXPANDED];
	assert_int_equal(set->count, 2);
	assert_int_equal(set->records[0].usage, 3);
	assert_true(bytes_equal(set->records[0].data, BYTES("digest")));
	/* What is in it is the checker's word: here nobody reads it. */
	assert_int_equal(tlsa_use(&set->records[1]), TLSA_USABLE);
	assert_int_equal(set->records[1].subject, 0xfedcba98);
	learnt_free(other);
	learnt_free(l);
}

/* What fuzz_checker begins with is of the form that messages have now, or it finds nothing. */
static void
the_seed_of_the_fuzzer_is_a_message_as_they_are(void **state)
{
	FILE *file = fopen("tests/corpus/checker/learnt", "rb");
	struct packer p = packer_over(memory, sizeof(memory));
	struct learnt *l = example();
	uint8_t seed[2048];
	size_t len;

	(void)state;
	assert_non_null(file);
	len = fread(seed, 1, sizeof(seed), file);
	fclose(file);
	checker_message_put_learnt(&p, l);
	if (len != p.len || memcmp(seed, memory, len) != 0)
		fail_msg("tests/corpus/checker/learnt is to hold the message that is packed here");
	learnt_free(l);
}

/* All that a look-up can bring at its largest is one message, and is taken. */
static void
the_most_that_can_be_learnt_crosses(void **state)
{
	static uint8_t text[STS_TEXT_MAX], data[LEARNT_TLSA_BYTES / LEARNT_TLSA_RECORDS];
	struct learnt *l = example(), *other;
	struct tlsa records[LEARNT_TLSA_RECORDS];

	(void)state;
	memset(text, 'x', sizeof(text));
	assert_true(learnt_set_text(l, (struct bytes){text, sizeof(text)}));
	for (size_t i = 0; i < LEARNT_TLSA_RECORDS; i++)
		records[i] = (struct tlsa){.data = {data, sizeof(data)}, .is_der = true};
	l->mx.count = 0;
	for (; l->mx.count < MX_HOSTS_MAX; l->mx.count++) {
		struct mx_host *host = &l->mx.hosts[l->mx.count];

		*host = (struct mx_host){.name = named("mx.example.com"), .preference = 65535};
		for (uint8_t i = 0; i < MX_ADDRESSES_MAX; i++)
			mx_add_address(host, &(struct address){6, {0x20, i}});
	}
	learnt_set_hosts(l);
	l->hosts[7].dane.tlsa[DANE_BASE_ORIGINAL] = ANSWER_SECURE;
	assert_true(learnt_set_tlsa(l, 7, DANE_BASE_ORIGINAL, records, LEARNT_TLSA_RECORDS - 1));
	for (int i = 0; i < PROBLEMS_MAX + 5; i++)
		problems_add(&l->mx_problems, "%0280d", i);
	other = crossed(l);
	assert_non_null(other);
	assert_int_equal(other->mx.count, MX_HOSTS_MAX);
	assert_int_equal(other->text.len, STS_TEXT_MAX);
	learnt_free(other);
	learnt_free(l);
}

static void
a_part_crosses_with_its_hosts_alone(void **state)
{
	struct learnt *l = example(), *part = malloc(sizeof(*part)), *other;

	(void)state;
	assert_non_null(part);
	learnt_part(l, part);
	other = crossed(part);
	assert_non_null(other);
	assert_true(other->is_part);
	assert_int_equal(other->sts_answer, ANSWER_UNASKED);
	assert_int_equal(other->tlsrpt_answer, ANSWER_UNASKED);
	assert_int_equal(other->fetch, LEARNT_NOT_TRIED);
	assert_int_equal(other->sts_problems.count, 0);
	assert_int_equal(other->mx.count, 2);
	assert_int_equal(other->hosts[1].dane.records[DANE_BASE_EXPANDED].count, 2);
	learnt_free(other);
	free(part);
	learnt_free(l);
}

/* Things that no checker of ours says; each is one that one taken over could. */
static void
text_without_a_fetch(struct learnt *l)
{
	l->fetch = LEARNT_NO_FETCH;
}
static void
fetch_without_a_record(struct learnt *l)
{
	l->sts_record.state = STS_RECORD_ABSENT;
	l->sts_record.id[0] = '\0';
}
static void
record_without_an_id(struct learnt *l)
{
	l->sts_record.id[0] = '\0';
}
static void
id_out_of_form(struct learnt *l)
{
	l->sts_record.id[0] = '-';
}
static void
domain_in_capitals(struct learnt *l)
{
	l->domain.text[0] = 'E';
}
static void
domain_that_may_not_be(struct learnt *l)
{
	snprintf(l->domain.text, sizeof(l->domain.text), "%s", "localhost");
}
static void
alias_that_is_no_name(struct learnt *l)
{
	snprintf(l->alias.text, sizeof(l->alias.text), "%s", "a_b.example.net");
}

static void
host_that_is_no_name(struct learnt *l)
{
	snprintf(l->mx.hosts[0].name.text, sizeof(l->mx.hosts[0].name.text), "%s", "a..b");
}
static void
hosts_out_of_order(struct learnt *l)
{
	l->mx.hosts[0].preference = 30;
}
static void
hosts_without_an_answer(struct learnt *l)
{
	l->mx_answer = ANSWER_UNAVAILABLE;
}
static void
hosts_of_a_null_mx(struct learnt *l)
{
	l->mx.form = MX_NULL;
}
static void
two_hosts_that_are_the_domain(struct learnt *l)
{
	l->mx.form = MX_IMPLICIT;
}
static void
records_without_an_answer(struct learnt *l)
{
	l->hosts[1].dane.tlsa[DANE_BASE_EXPANDED] = ANSWER_ABSENT;
}
static void
destination_without_a_record(struct learnt *l)
{
	l->tlsrpt.state = TLSRPT_ABSENT;
}
static void
words_that_steer_a_terminal(struct learnt *l)
{
	l->sts_problems.text[0][0] = '\033';
}

static void
spoil_record(struct learnt *l, size_t i, const struct tlsa *t)
{
	*(struct tlsa *)(uintptr_t)&l->hosts[1].dane.records[DANE_BASE_EXPANDED].records[i] = *t;
}
static void
digest_that_was_read(struct learnt *l)
{
	spoil_record(l, 0,
		     &(struct tlsa){.usage = 3, .matching = 1, .data = BYTES("x"), .is_der = true});
}
static void
nothing_that_was_read(struct learnt *l)
{
	spoil_record(l, 1, &(struct tlsa){.usage = 2, .is_der = true});
}
static void
subject_of_a_key(struct learnt *l)
{
	spoil_record(l, 1, &(struct tlsa){2, 1, 0, BYTES("x"), .is_der = true, .subject = 7});
}
static void
subject_of_what_was_not_read(struct learnt *l)
{
	spoil_record(l, 1, &(struct tlsa){.usage = 2, .data = BYTES("x"), .subject = 7});
}
static void
part_that_has_a_policy(struct learnt *l)
{
	l->is_part = true;
}
static void
part_that_has_no_hosts(struct learnt *l)
{
	learnt_part(l, l);
	l->mx_answer = ANSWER_UNAVAILABLE;
	l->mx.form = MX_UNKNOWN;
	l->mx.count = 0;
}

static void
what_does_not_hold_together_is_refused(void **state)
{
	static const struct {
		const char *name;
		void (*spoil)(struct learnt *l);
	} rows[] = {
#define ROW(what) {#what, what}
	    ROW(text_without_a_fetch),         ROW(fetch_without_a_record),
	    ROW(record_without_an_id),         ROW(id_out_of_form),
	    ROW(domain_in_capitals),           ROW(domain_that_may_not_be),
	    ROW(alias_that_is_no_name),        ROW(host_that_is_no_name),
	    ROW(hosts_out_of_order),           ROW(hosts_without_an_answer),
	    ROW(hosts_of_a_null_mx),           ROW(two_hosts_that_are_the_domain),
	    ROW(records_without_an_answer),    ROW(destination_without_a_record),
	    ROW(words_that_steer_a_terminal),  ROW(digest_that_was_read),
	    ROW(nothing_that_was_read),        ROW(subject_of_a_key),
	    ROW(subject_of_what_was_not_read), ROW(part_that_has_a_policy),
	    ROW(part_that_has_no_hosts),
#undef ROW
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct learnt *l = example(), *other;

		rows[i].spoil(l);
		other = crossed(l);
		if (other != NULL)
			fail_msg("%s", rows[i].name);
		learnt_free(l);
	}
}

static void
one_that_is_cut_is_refused(void **state)
{
	struct learnt *l = example();
	struct packer p = packer_over(memory, sizeof(memory));
	struct bytes body;

	(void)state;
	checker_message_put_learnt(&p, l);
	body = body_of(&p, MESSAGE_LEARNT);
	for (size_t len = 0; len < body.len; len++) {
		uint8_t *exact = malloc(len + 1);

		assert_non_null(exact);
		memcpy(exact, body.at, len);
		assert_null(checker_message_get_learnt((struct bytes){exact, len}));
		free(exact);
	}
	learnt_free(l);
}

static struct lookup_request
question(const char *name)
{
	return (struct lookup_request){.domain = named(name),
				       .origin = UINT64_MAX,
				       .is_known = true,
				       .now = INT64_C(1772366400000000),
				       .cache = {.is_known = true,
						 .id = "1",
						 .seen_id = "2",
						 .mode = STS_MODE_ENFORCE,
						 .digest = {7},
						 .trouble = STS_POLICY_BROKEN,
						 .fetched = 5}};
}

static void
questions_cross_whole_and_names_are_checked_again(void **state)
{
	struct packer p = packer_over(memory, sizeof(memory));
	struct lookup_request r = question("example.com"), other;
	struct checker_config config = {.is_private = true}, another;
	static const char *const bad[] = {"",          "localhost", "192.0.2.1", "Example.com",
					  "a.invalid", "a..b",      "a.b.",      "a_b.com"};

	(void)state;
	checker_message_put_lookup(&p, &r);
	assert_true(checker_message_get_lookup(body_of(&p, MESSAGE_LOOKUP), &other));
	assert_memory_equal(&r, &other, sizeof(r));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		p = packer_over(memory, sizeof(memory));
		snprintf(r.domain.text, sizeof(r.domain.text), "%s", bad[i]);
		checker_message_put_lookup(&p, &r);
		if (checker_message_get_lookup(body_of(&p, MESSAGE_LOOKUP), &other))
			fail_msg("%s", bad[i]);
	}
	config.dns.count = DNS_RESOLVERS_MAX;
	for (size_t i = 0; i < DNS_RESOLVERS_MAX; i++)
		config.dns.resolvers[i] = (struct dns_resolver){{4, {127, 0, 0, 1}}, 53};
	p = packer_over(memory, sizeof(memory));
	checker_message_put_config(&p, &config);
	assert_true(checker_message_get_config(body_of(&p, MESSAGE_CHECKER), &another));
	assert_memory_equal(&config.dns, &another.dns, sizeof(config.dns));
}

/* ---- A checker under way ---- */

static struct {
	char ca[64]; /* file */
	size_t learnt, not_now, lost;
	bool was_absent;
} t;

/* What this program does as the role is the one word at this descriptor, where there is one. */
#define WAY 100

static void
set_way(const char *way)
{
	int file = memfd_create("way", 0);

	assert_true(file >= 0);
	assert_int_equal(write(file, way, strlen(way)), strlen(way));
	assert_int_equal(dup2(file, WAY), WAY);
	close(file);
}

static void
on_learnt(void *ctx, struct learnt *learnt)
{
	(void)ctx;
	t.learnt++;
	t.was_absent = learnt->sts_answer == ANSWER_ABSENT_INSECURE;
	learnt_free(learnt);
}

static void
on_not_now(void *ctx, const struct not_now *n)
{
	(void)ctx;
	(void)n;
	t.not_now++;
}

static void
on_lost(void *ctx)
{
	(void)ctx;
	t.lost++;
}

static struct asker *
begin(const struct resolver_process *resolver)
{
	struct asker_config config = {.checker = {.dns = {.count = 1}},
				      .ca_file = t.ca,
				      .learnt = on_learnt,
				      .not_now = on_not_now,
				      .lost = on_lost};

	t.learnt = t.not_now = t.lost = 0;
	config.checker.dns.resolvers[0] =
	    resolver != NULL ? resolver->at : (struct dns_resolver){{4, {127, 0, 0, 1}}, 9};
	return asker_new(&config);
}

static void
run(struct asker *a)
{
	struct pollfd end = {.fd = asker_descriptor(a), .events = POLLIN};

	poll(&end, 1, asker_wait(a));
	asker_run(a);
}

static void
ask(struct asker *a, const char *name)
{
	const struct lookup_request r = question(name);

	assert_true(asker_ask(a, &r));
}

static void
a_checker_that_is_killed_has_a_successor(void **state)
{
	struct resolver_process resolver = resolver_begin();
	struct asker *a = begin(&resolver);
	const struct lookup_request r = question("a.test");
	pid_t first;

	(void)state;
	assert_non_null(a);
	ask(a, "a.test");
	while (t.learnt == 0)
		run(a);
	assert_true(t.was_absent);
	ask(a, "a.test");
	while (t.not_now == 0)
		run(a);
	first = asker_pid(a);
	ask(a, "b.mute.test");
	kill(first, SIGKILL);
	while (t.lost == 0)
		run(a);
	/* Nobody waits for it meanwhile. */
	assert_false(asker_ask(a, &r));
	assert_int_equal(asker_descriptor(a), -1);
	assert_in_range(asker_wait(a), 1, WARD_AGAIN);
	while (asker_pid(a) == 0)
		run(a);
	assert_int_not_equal(asker_pid(a), first);
	ask(a, "a.test");
	while (t.learnt < 2)
		run(a);
	assert_int_equal(t.lost, 1);
	asker_free(a);
	resolver_end(&resolver);
}

static void
one_that_says_what_it_may_not_is_ended(void **state)
{
	static const char *const ways[] = {"garbage", "early", "bad", "lookup", "long"};

	(void)state;
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		struct asker *a;

		set_way(ways[i]);
		a = begin(NULL);
		assert_non_null(a);
		while (t.lost == 0)
			run(a);
		if (t.learnt != 0 || asker_pid(a) != 0)
			fail_msg("%s", ways[i]);
		asker_free(a);
	}
	close(WAY);
}

static void
one_that_dies_again_and_again_is_started_ever_more_seldom(void **state)
{
	struct asker *a;

	(void)state;
	set_way("dies");
	a = begin(NULL);
	assert_non_null(a);
	while (t.lost == 0)
		run(a);
	assert_in_range(asker_wait(a), 1, WARD_AGAIN);
	while (t.lost == 1)
		run(a);
	assert_in_range(asker_wait(a), WARD_AGAIN, 2 * WARD_AGAIN);
	assert_false(asker_has_failed(a));
	asker_free(a);
	close(WAY);
}

static void
one_that_cannot_serve_says_why_and_is_not_tried_again(void **state)
{
	struct asker *a;
	FILE *empty = fopen(t.ca, "w");

	(void)state;
	assert_non_null(empty);
	fclose(empty);
	a = begin(NULL);
	assert_non_null(a);
	while (t.lost == 0)
		run(a);
	assert_true(asker_has_failed(a));
	assert_int_equal(asker_wait(a), -1);
	asker_free(a);
}

/* A keeper that was taken over: the checker ends, and asks nobody. */
static void
a_checker_ends_where_its_keeper_says_what_it_may_not(void **state)
{
	static const uint8_t nonsense[] = {MESSAGE_LOOKUP, 0, 0, 1, 'x'};
	struct resolver_process resolver = resolver_begin();
	struct asker *a = begin(&resolver);
	unsigned questions;

	(void)state;
	assert_non_null(a);
	ask(a, "a.test");
	while (t.learnt == 0)
		run(a);
	questions = resolver.counts->questions;
	assert_int_equal(write(asker_descriptor(a), nonsense, sizeof(nonsense)), sizeof(nonsense));
	while (t.lost == 0)
		run(a);
	assert_int_equal(resolver.counts->questions, questions);
	asker_free(a);
	resolver_end(&resolver);
}

static int
set_up(void **state)
{
	struct made ca;
	int file;

	(void)state;
	snprintf(t.ca, sizeof(t.ca), "%s", "/tmp/waxseal-ca-XXXXXX");
	file = mkstemp(t.ca);
	log_set_verbosity(-1);
	x509_make(&ca, &(struct making){.cn = "CA"});
	if (file >= 0) {
		FILE *out = fdopen(file, "w");

		PEM_write_X509(out, ca.x509);
		fclose(out);
	}
	x509_unmake(&ca);
	return file < 0;
}

static int
tear_down(void **state)
{
	(void)state;
	unlink(t.ca);
	return 0;
}

/* ---- This program as the role ---- */

static void
say(const void *bytes, size_t len)
{
	if (write(ROLE_SOCKET, bytes, len) == (ssize_t)len)
		pause(); /* until it is ended */
}

/* What one that was taken over might say; false: it is a real one. */
static bool
misbehaves(void)
{
	static const int layers[LAYERS] = {0};
	struct packer p = packer_over(memory, sizeof(memory));
	char way[16] = "";

	if (pread(WAY, way, sizeof(way) - 1, 0) < 0)
		return false;
	if (strcmp(way, "garbage") == 0)
		say("\377garbage", 8);
	if (strcmp(way, "early") != 0)
		layers_put(&p, layers);
	if (strcmp(way, "bad") == 0 || strcmp(way, "early") == 0)
		pack_bytes(&p, (struct bytes){(const uint8_t[]){MESSAGE_LEARNT, 0, 0, 1, 0}, 5});
	if (strcmp(way, "lookup") == 0)
		pack_bytes(&p, (struct bytes){(const uint8_t[]){MESSAGE_LOOKUP, 0, 0, 1, 0}, 5});
	if (strcmp(way, "long") == 0)
		pack_bytes(&p, (struct bytes){(const uint8_t[]){MESSAGE_LEARNT, 255, 255, 255}, 4});
	if (strcmp(way, "dies") != 0)
		say(memory, p.len);
	return true;
}

int
main(int argc, char *argv[])
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_was_learnt_crosses_whole),
	    cmocka_unit_test(the_seed_of_the_fuzzer_is_a_message_as_they_are),
	    cmocka_unit_test(the_most_that_can_be_learnt_crosses),
	    cmocka_unit_test(a_part_crosses_with_its_hosts_alone),
	    cmocka_unit_test(what_does_not_hold_together_is_refused),
	    cmocka_unit_test(one_that_is_cut_is_refused),
	    cmocka_unit_test(questions_cross_whole_and_names_are_checked_again),
	    cmocka_unit_test(a_checker_that_is_killed_has_a_successor),
	    cmocka_unit_test(one_that_says_what_it_may_not_is_ended),
	    cmocka_unit_test(one_that_dies_again_and_again_is_started_ever_more_seldom),
	    cmocka_unit_test(a_checker_ends_where_its_keeper_says_what_it_may_not),
	    cmocka_unit_test(one_that_cannot_serve_says_why_and_is_not_tried_again),
	};

	if (role_is_child(argc, argv))
		return misbehaves() ? 1 : role_main(argc, argv);
	return cmocka_run_group_tests_name("checker", tests, set_up, tear_down);
}
