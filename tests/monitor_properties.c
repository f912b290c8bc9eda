/*
 * What must not change what a session says: how its bytes are cut into
 * segments, in which order they are captured, how often; and what one lost
 * segment may do: leave a fact unseen, never make it false.
 *
 * Runs over every session of tests/captures and, where they are at hand, of
 * the shared captures.
 */
#include "tests/says.h"

#define DROPS_MAX 400    /* packets of a file that are left out, one at a time */
#define NEAR_US   300000 /* packets this close together may change places */

#define DIFFERS(field)                    \
	do {                              \
		if (a->field != b->field) \
			return #field;    \
	} while (0)

/* The name of what two sessions say differently, or NULL. */
static const char *
difference(const struct says *a, const struct says *b)
{
	DIFFERS(outcome);
	DIFFERS(ending);
	DIFFERS(complete);
	DIFFERS(gap_bytes);
	DIFFERS(smtp.greeting_code);
	DIFFERS(smtp.greeting_verb);
	DIFFERS(smtp.extended);
	DIFFERS(smtp.offered);
	DIFFERS(smtp.requested);
	DIFFERS(smtp.accepted);
	DIFFERS(smtp.starttls_refusal);
	DIFFERS(smtp.mail_count);
	DIFFERS(smtp.mail_accepted);
	DIFFERS(smtp.message_sent);
	DIFFERS(smtp.auth_sent);
	DIFFERS(smtp.credentials_sent);
	DIFFERS(smtp.secret_sent);
	DIFFERS(smtp.client_injected);
	DIFFERS(smtp.server_injected);
	DIFFERS(smtp.client_text_after);
	DIFFERS(smtp.mail_after_tls);
	DIFFERS(smtp.server_text_after);
	DIFFERS(smtp.verb_masked);
	DIFFERS(smtp.verb_echoed);
	DIFFERS(smtp.replies_unmatched);
	DIFFERS(tls.client_hello);
	DIFFERS(tls.server_hello);
	DIFFERS(tls.complete);
	DIFFERS(tls.failure);
	DIFFERS(tls.version);
	DIFFERS(tls.cipher);
	DIFFERS(tls.sentinel);
	DIFFERS(tls.is_interrupted);
	DIFFERS(tls.resumed);
	DIFFERS(kind_count);
	if (strcmp(a->text, b->text) != 0)
		return "text";
	for (size_t i = 0; i < a->kind_count; i++)
		if (!has_kind(b, a->kinds[i]))
			return "kinds";
	return NULL;
}

/* The name of what a session with a segment lost says that is not so, or NULL. */
static const char *
falsehood(const struct says *was, const struct says *is)
{
	/* Of two versions of the same bytes the lost one may be the one that counted. */
	if (was->conflicts)
		return NULL;
	if (is->outcome != was->outcome && is->outcome != OUTCOME_PARTIAL)
		return "outcome";
	if (is->complete && !was->complete)
		return "complete";
	if (is_false(was->smtp.extended, is->smtp.extended))
		return "extended";
	if (is_false(was->smtp.offered, is->smtp.offered))
		return "offered";
	if (is_false(was->smtp.requested, is->smtp.requested))
		return "requested";
	if (is_false(was->smtp.accepted, is->smtp.accepted))
		return "accepted";
	if (is_false(was->acceptance, is->acceptance))
		return "acceptance";
	if (is_false(was->tls.complete, is->tls.complete))
		return "tls.complete";
	if (is->smtp.mail_count > was->smtp.mail_count)
		return "mail_count";
	if (is->tls.server_hello && is->tls.version != was->tls.version)
		return "tls.version";
	for (size_t i = 0; i < is->kind_count; i++)
		if (!has_kind(was, is->kinds[i]))
			return is->kinds[i];
	return NULL;
}

/*
 * For packets in another order: a stream without its SYN begins where its first
 * packet stands, so that what comes late lies before it and is lost.
 */
static const char *
difference_in_order(const struct says *was, const struct says *is)
{
	return was->syn_seen && !was->conflicts ? difference(was, is) : falsehood(was, is);
}

/* ---- The variations ---- */

/* The packet in pieces of the given length (0: of any). */
static void
feed_cut(struct dissector *d, const struct packet *p, size_t len)
{
	struct bytes left = p->payload;
	struct packet piece = *p;

	if (left.len < 2) {
		feed(d, p);
		return;
	}
	while (left.len) {
		size_t n = len ? len : 1 + (size_t)rand() % left.len;

		piece.payload = bytes_first(left, n);
		left = bytes_after(left, piece.payload.len);
		piece.flags = left.len ? p->flags & (uint8_t) ~(TCP_FIN | TCP_PSH) : p->flags;
		feed(d, &piece);
		piece.seq += (uint32_t)piece.payload.len;
	}
}

static void
run_cut(size_t len)
{
	struct dissector *d = begin(&varied);

	for (size_t i = 0; i < file.count; i++)
		feed_cut(d, &file.packets[i], len);
	end(d);
}

static void
run_doubled(void)
{
	struct dissector *d = begin(&varied);

	for (size_t i = 0; i < file.count; i++) {
		feed(d, &file.packets[i]);
		feed(d, &file.packets[i]);
	}
	end(d);
}

/* The two captured the other way round, at the times of the capture. */
static void
swap(struct packet *a, struct packet *b)
{
	struct packet first = *a;
	int64_t early = a->time, late = b->time;

	*a = *b;
	*b = first;
	a->time = early;
	b->time = late;
}

/* Neighbours change places, several times over, but not with what makes or breaks a connection. */
static void
run_shuffled(void)
{
	struct dissector *d = begin(&varied);
	static struct packet order[PACKETS_MAX];

	memcpy(order, file.packets, sizeof(order));
	for (int pass = 0; pass < 3; pass++) {
		for (size_t i = 0; i + 1 < file.count; i++) {
			struct packet *a = &order[i], *b = &order[i + 1];

			if (!((a->flags | b->flags) & (TCP_SYN | TCP_RST)) &&
			    b->time - a->time < NEAR_US && rand() % 2)
				swap(a, b);
		}
	}
	for (size_t i = 0; i < file.count; i++)
		feed(d, &order[i]);
	end(d);
}

/* ---- The files ---- */

static int
try_file(const char *name)
{
	static const size_t cuts[] = {1, 2, 7, 0, 0};
	int failed = 0;

	srand(20260101);
	run_whole();
	for (size_t i = 0; i < sizeof(cuts) / sizeof(*cuts); i++) {
		char how[32];

		snprintf(how, sizeof(how), "cut %zu", cuts[i]);
		run_cut(cuts[i]);
		failed += compare(name, how, difference, true);
	}
	run_doubled();
	failed += compare(name, "doubled", difference, true);
	for (int i = 0; i < 3; i++) {
		run_shuffled();
		failed += compare(name, "shuffled", difference_in_order, true);
	}
	for (size_t i = 0; i < file.count && i < DROPS_MAX; i++) {
		char how[32];

		snprintf(how, sizeof(how), "without %zu", i);
		run_without(i);
		failed += compare(name, how, falsehood, false);
	}
	return failed;
}

static void
own_captures_say_the_same_however_they_are_cut(void **state)
{
	(void)state;
	try_folder("tests/captures", try_file);
}

static void
the_corpus_says_the_same_however_it_is_cut(void **state)
{
	(void)state;
	try_folder("../shared/corpus", try_file);
}

static void
the_range_says_the_same_however_it_is_cut(void **state)
{
	(void)state;
	try_folder("../shared/range-sample", try_file);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(own_captures_say_the_same_however_they_are_cut),
	    cmocka_unit_test(the_corpus_says_the_same_however_it_is_cut),
	    cmocka_unit_test(the_range_says_the_same_however_it_is_cut),
	};

	watch_ports();
	return cmocka_run_group_tests_name("properties", tests, NULL, NULL);
}
