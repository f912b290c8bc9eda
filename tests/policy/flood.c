/*
 * Speaks the keeper's end of the checker, with domains as a flood on the wire would
 * bring them up, and says what came of the real ones among them:
 *
 *	flood ADDRESS:PORT CA_FILE COUNT [=]REAL[,[=]REAL...] [PATTERN...]
 *
 * Domains are invented after the patterns in turn ("#" is a number that does not come
 * again, "@@" one of a hundred), as fast as the checker takes them, on behalf of ORIGINS
 * networks in REGIONS large ones. The real ones come up meanwhile, two each second, each
 * of a large network of its own that has no part in it, and none named by an earlier session (one
 * with "=" in front is known, with a policy that is to be fetched anew); what is refused is asked
 * again. It ends where COUNT were invented and all real ones are answered, with
 * one line of figures.
 *
 * As the role it is the checker.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "monitor/clock.h"
#include "monitor/policy/origin.h"
#include "monitor/role/asker.h"

#define ORIGINS   100000
#define REGIONS   8
#define ELSEWHERE 1000 /* regions from here on have no part in it */
#define REAL_MAX  100
#define APART     500  /* milliseconds between real ones */
#define AGAIN     100  /* ... until one that was refused is asked for again */
#define AT_ONCE   1000 /* invented ones between two looks at what the checker says */

struct real {
	struct domain domain;
	int64_t asked; /* milliseconds; 0: not yet */
	int64_t again; /* not before; 0: it is under way */
	int64_t took;  /* -1: it is not answered */
	bool is_known;
	bool has_policy;
};

static struct {
	struct asker *asker;
	struct real real[REAL_MAX];
	size_t count, answered;
	unsigned long learnt, not_now;
	long peak; /* kilobytes of the checker */
	int64_t begun;
} t;

static void
give_up(const char *why)
{
	fprintf(stderr, "flood: %s\n", why);
	exit(1);
}

static struct domain
named(const char *name)
{
	struct domain d;

	if (domain_read(bytes_text(name), &d) != DOMAIN_OK)
		give_up(name);
	return d;
}

static struct real *
find(const struct domain *d)
{
	for (size_t i = 0; i < t.count; i++)
		if (domain_equal(&t.real[i].domain, d))
			return &t.real[i];
	return NULL;
}

/* ---- What the checker says ---- */

static void
on_learnt(void *ctx, struct learnt *l)
{
	struct real *r = find(&l->domain);

	(void)ctx;
	if (l->is_part) {
		learnt_free(l);
		return;
	}
	t.learnt++;
	if (r != NULL && r->took < 0) {
		r->took = clock_steady() - r->asked;
		r->has_policy = l->fetch == LEARNT_FETCHED && l->mx.form == MX_LISTED &&
				answer_is_known(l->hosts[0].dane.address);
		t.answered++;
	}
	learnt_free(l);
}

static void
on_not_now(void *ctx, const struct not_now *n)
{
	struct real *r = find(&n->domain);

	(void)ctx;
	t.not_now++;
	if (r != NULL)
		r->again = clock_steady() + AGAIN;
}

static void
on_lost(void *ctx)
{
	(void)ctx;
	give_up("the checker died");
}

/* ---- What it is asked ---- */

/* NUMBER of a pattern, by its two marks. */
static void
invent(const char *pattern, unsigned long number, char out[DOMAIN_TEXT])
{
	size_t len = 0;

	for (const char *c = pattern; *c != '\0' && len < DOMAIN_TEXT - 24; c++) {
		if (*c == '#')
			len += (size_t)snprintf(out + len, DOMAIN_TEXT - len, "%lu", number);
		else if (c[0] == '@' && c[1] == '@')
			len += (size_t)snprintf(out + len, DOMAIN_TEXT - len, "%02lu",
						number / 10 % 100);
		else if (*c != '@')
			out[len++] = *c;
	}
	out[len] = '\0';
}

/* AT_ONCE of them, from number on; where it stopped. */
static unsigned long
flood(unsigned long number, char *const patterns[], size_t pattern_count)
{
	char name[DOMAIN_TEXT];

	for (int i = 0; i < AT_ONCE; i++, number++) {
		struct lookup_request r = {.origin =
					       origin_make(number % REGIONS, number % ORIGINS)};

		invent(patterns[number % pattern_count], number, name);
		r.domain = named(name);
		if (!asker_ask(t.asker, &r))
			break;
	}
	return number;
}

static struct lookup_request
request_of(const struct real *r, size_t number)
{
	struct lookup_request request = {
	    .domain = r->domain, .origin = origin_make(ELSEWHERE + number, 0), .now = clock_wall()};

	if (!r->is_known)
		return request;
	request.is_known = request.cache.is_known = true;
	request.cache.max_age = 604800;
	request.cache.fetched = request.now - 2 * STS_REFRESH;
	return request;
}

static void
ask_real(void)
{
	int64_t now = clock_steady();

	for (size_t i = 0; i < t.count; i++) {
		struct real *r = &t.real[i];
		const struct lookup_request request = request_of(r, i);

		if (now < t.begun + (int64_t)(i + 1) * APART || r->took >= 0 ||
		    (r->asked != 0 && (r->again == 0 || now < r->again)))
			continue;
		if (r->asked == 0)
			r->asked = now;
		r->again = asker_ask(t.asker, &request) ? 0 : now + AGAIN;
	}
}

/* ---- Figures ---- */

/* Of the checker: one is looked at while it lives. */
static void
measure_peak(void)
{
	char path[64], line[256];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)asker_pid(t.asker));
	f = fopen(path, "r");
	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, "VmHWM:", 6) == 0)
			t.peak = strtol(line + 6, NULL, 10);
	if (f != NULL)
		fclose(f);
}

static void
run(int milliseconds)
{
	struct pollfd end = {.fd = asker_descriptor(t.asker), .events = POLLIN};

	if (asker_wants_out(t.asker))
		end.events |= POLLOUT;
	poll(&end, 1, milliseconds);
	asker_run(t.asker);
}

static int
by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static void
tell(unsigned long invented)
{
	int64_t took[REAL_MAX];
	size_t with_policy = 0;

	for (size_t i = 0; i < t.count; i++) {
		took[i] = t.real[i].took;
		with_policy += t.real[i].has_policy;
	}
	qsort(took, t.count, sizeof(*took), by_size);
	printf("invented=%lu not_now=%lu learnt=%lu real=%zu policies=%zu "
	       "median_ms=%lld most_ms=%lld peak_kB=%ld seconds=%lld\n",
	       invented, t.not_now, t.learnt, t.answered, with_policy, (long long)took[t.count / 2],
	       (long long)took[t.count - 1], t.peak, (long long)(clock_steady() - t.begun) / 1000);
}

static void
begin(const char *resolver, const char *ca_file, char *real)
{
	struct asker_config config = {.checker = {.dns = {.count = 1}},
				      .ca_file = ca_file,
				      .learnt = on_learnt,
				      .not_now = on_not_now,
				      .lost = on_lost};

	if (!dns_resolver_read(resolver, &config.checker.dns.resolvers[0]))
		give_up("that is no resolver");
	for (char *name = strtok(real, ","); name != NULL && t.count < REAL_MAX;
	     name = strtok(NULL, ","))
		t.real[t.count++] = (struct real){
		    .domain = named(name + (*name == '=')), .is_known = *name == '=', .took = -1};
	t.begun = clock_steady();
	t.asker = asker_new(&config);
	if (t.asker == NULL || t.count == 0)
		give_up("it cannot begin");
}

int
main(int argc, char *argv[])
{
	unsigned long number = 0, count;

	if (role_is_child(argc, argv))
		return role_main(argc, argv);
	if (argc < 5)
		give_up("ADDRESS:PORT CA_FILE COUNT REAL[,REAL...] [PATTERN...]");
	count = strtoul(argv[3], NULL, 10);
	begin(argv[1], argv[2], argv[4]);
	while ((argc > 5 && number < count) || t.answered < t.count) {
		if (argc > 5)
			number = flood(number, argv + 5, (size_t)argc - 5);
		ask_real();
		run(argc > 5 ? 0 : 10);
		measure_peak();
	}
	tell(number);
	asker_free(t.asker);
	return 0;
}
