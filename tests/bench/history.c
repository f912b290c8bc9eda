/*
 * What judging beside history takes: a baseline of many servers and pairs is learnt into a
 * database, which is opened anew, and sessions of it are judged.
 *
 *	history FILE SERVERS PAIRS SESSIONS
 *
 * Prints a line a part: its name, and microseconds of one session, the median, of ten the worst,
 * of a hundred the worst, and the mean. "alone" judges without history.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tests/mail_build.h"

#include "monitor/baseline/baseline.h"

#define BATCH 500 /* sessions in a transaction */

struct bench {
	struct scene scene;
	struct store *store;
	struct baseline *baseline;
	uint64_t random;
	unsigned servers, pairs;
	unsigned in_batch;
};

static double
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void
need(const struct bench *b, bool is_done)
{
	if (is_done)
		return;
	fprintf(stderr, "history: %s\n", store_error(b->store));
	exit(1);
}

static uint32_t
draw(struct bench *b, uint32_t below)
{
	b->random = b->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)((b->random >> 33) * below >> 31);
}

static void
open_all(struct bench *b, const char *path)
{
	char why[STORE_WHY_MAX] = "";

	b->store = store_open(path, STORE_CREATE, why, sizeof(why));
	b->baseline = baseline_new();
	if (b->store == NULL || b->baseline == NULL) {
		fprintf(stderr, "history: %s\n", why);
		exit(1);
	}
	need(b, store_begin(b->store));
}

static void
end_batch(struct bench *b)
{
	need(b, baseline_flush(b->baseline, b->store) && store_commit(b->store));
}

static void
close_all(struct bench *b)
{
	end_batch(b);
	baseline_free(b->baseline);
	store_close(b->store);
}

/* Each client has its few servers: the pair's number says both. */
static struct session *
session_of(struct bench *b, unsigned pair)
{
	struct session *s = meet(&b->scene, pair / (b->pairs / b->servers), 0);
	unsigned server = (unsigned)((uint64_t)pair * 2654435761u % b->servers);

	s->server.b[1] = (uint8_t)(51 + server / 62500);
	s->server.b[2] = (uint8_t)(server / 250 % 250);
	s->server.b[3] = (uint8_t)(server % 250);
	snprintf(b->scene.names[0], sizeof(b->scene.names[0]), "mx%u.example.net", server);
	snprintf(b->scene.names[1], sizeof(b->scene.names[1]), "mx%u.example.net ESMTP Postfix",
		 server);
	s->ehlo[0] = text_of(b->scene.names[0]);
	s->greeting[0] = text_of(b->scene.names[1]);
	b->scene.now += 1000;
	return s;
}

static void
learn(struct bench *b, unsigned pair)
{
	struct session *s = session_of(b, pair);
	struct history known;
	const struct judge_case c = {.session = s, .known = &known};

	need(b, baseline_ask(b->baseline, b->store, s, &known));
	judge_case(&c, &b->scene.verdict);
	need(b, baseline_learn(b->baseline, b->store, &c, &b->scene.verdict));
	if (++b->in_batch < BATCH)
		return;
	b->in_batch = 0;
	end_batch(b);
	need(b, store_begin(b->store));
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void
print(const char *name, double *took, unsigned count)
{
	double sum = 0;

	for (unsigned i = 0; i < count; i++)
		sum += took[i];
	qsort(took, count, sizeof(*took), compare);
	printf("%-24s %8.2f %8.2f %8.2f %8.2f\n", name, took[count / 2], took[count / 10 * 9],
	       took[count / 100 * 99], sum / count);
}

/* Some pairs are met often: the same tenth of them in nine of ten sessions. */
static unsigned
pair_of(struct bench *b, bool is_skewed)
{
	return is_skewed && draw(b, 10) > 0 ? draw(b, b->pairs / 10) : draw(b, b->pairs);
}

static void
judge_some(struct bench *b, const char *name, bool is_skewed, double *took, unsigned count)
{
	struct history known;

	for (unsigned i = 0; i < count; i++) {
		struct session *s = session_of(b, pair_of(b, is_skewed));
		const struct judge_case c = {.session = s, .known = &known};
		double begin = now_us();

		need(b, baseline_ask(b->baseline, b->store, s, &known));
		judge_case(&c, &b->scene.verdict);
		took[i] = now_us() - begin;
	}
	print(name, took, count);
}

static void
judge_alone(struct bench *b, double *took, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		struct session *s = session_of(b, pair_of(b, false));
		static const struct history nothing;
		const struct judge_case c = {.session = s, .known = &nothing};
		double begin = now_us();

		judge_case(&c, &b->scene.verdict);
		took[i] = now_us() - begin;
	}
	print("alone", took, count);
}

static void
learn_some(struct bench *b, const char *name, bool is_skewed, double *took, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		double begin = now_us();

		learn(b, pair_of(b, is_skewed));
		took[i] = now_us() - begin;
	}
	print(name, took, count);
}

int
main(int argc, char **argv)
{
	struct bench b = {.random = 1};
	unsigned count;
	double *took, begin;

	if (argc != 5)
		return 2;
	b.servers = (unsigned)atoi(argv[2]);
	b.pairs = (unsigned)atoi(argv[3]);
	count = (unsigned)atoi(argv[4]);
	if (b.servers == 0 || b.pairs < b.servers || count < 100)
		return 2;
	took = calloc(count, sizeof(*took));
	if (took == NULL)
		return 1;
	b.scene.now = START;
	open_all(&b, argv[1]);
	begin = now_us();
	for (unsigned i = 0; i < b.pairs; i++)
		learn(&b, i);
	close_all(&b);
	printf("%-24s %8.2f\n", "first learning, mean", (now_us() - begin) / b.pairs);
	printf("%-24s %8s %8s %8s %8s\n", "us a session", "median", "90 %", "99 %", "mean");
	open_all(&b, argv[1]);
	judge_alone(&b, took, count);
	judge_some(&b, "judged, just opened", true, took, count);
	judge_some(&b, "judged, nine in a tenth", true, took, count);
	judge_some(&b, "judged, any pair", false, took, count);
	learn_some(&b, "judged and learnt", true, took, count < 100000 ? count : 100000);
	close_all(&b);
	free(took);
	return 0;
}
