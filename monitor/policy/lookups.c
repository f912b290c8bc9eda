/* Many look-ups at once; see lookups.h. */
#include "monitor/policy/lookups.h"

#include <stdlib.h>
#include <sys/random.h>

#include "dissector/keyhash.h"
#include "monitor/clock.h"
#include "monitor/policy/slots.h"

#define NOT_IDLE 20 /* milliseconds after which what waits for its turn is looked at again */

struct running {
	struct lookup *lookup;
	bool is_fetching;
	uint64_t parent;  /* in the crowd */
	struct slot slot; /* while it fetches */
};

/* A domain that was looked up lately; by hash, and the later one displaces the earlier. */
struct lately {
	uint64_t key;
	int64_t again; /* not before */
	uint32_t failures;
};

struct lookups {
	struct lookup_means means;
	lookups_done *done;
	lookups_displaced *displaced;
	void *ctx;
	uint8_t secret[16];
	struct fair *fair;
	struct running running[LOOKUPS_MAX];
	size_t count, plain, unknown; /* plain: no policy is known of them */
	struct crowd parents;
	struct slots slots;
	int64_t begin_at;               /* when the next may begin, as if there were no burst */
	int64_t host_at, known_host_at; /* ... one more host be asked about */
	struct lately lately[LOOKUPS_REMEMBERED];
	struct learnt part; /* that is told: large */
};

struct lookups *
lookups_new(const struct lookups_config *config, lookups_done *done, void *ctx, char *why,
	    size_t why_size)
{
	struct lookups *l = calloc(1, sizeof(*l));

	if (l == NULL) {
		snprintf(why, why_size, "out of memory");
		return NULL;
	}
	l->done = done;
	l->displaced = config->displaced;
	l->ctx = ctx;
	l->parents.limit = (struct crowd_limit){LOOKUPS_PARENT_AT_ONCE, LOOKUPS_PARENT_APART};
	l->means.is_private = config->is_private;
	snprintf(why, why_size, "out of memory");
	if (getrandom(l->secret, sizeof(l->secret), 0) == sizeof(l->secret))
		l->fair = fair_new(l->secret);
	slots_begin(&l->slots, l->secret);
	if (l->fair != NULL)
		l->means.dns = dns_new(&config->dns, why, why_size);
	if (l->means.dns != NULL)
		l->means.https = https_new(config->ca_file, why, why_size);
	if (l->means.https != NULL)
		return l;
	lookups_free(l);
	return NULL;
}

void
lookups_free(struct lookups *l)
{
	if (l == NULL)
		return;
	/* Nobody calls back into a look-up any more. */
	dns_free(l->means.dns);
	https_free(l->means.https);
	for (size_t i = 0; i < l->count; i++)
		lookup_free(l->running[i].lookup);
	fair_free(l->fair);
	free(l);
}

size_t
lookups_pending(const struct lookups *l)
{
	return l->count + fair_waiting(l->fair);
}

/* ---- Taking ---- */

static uint64_t
key_of(const struct lookups *l, struct bytes name)
{
	return keyhash(l->secret, name.at, name.len);
}

static struct lately *
lately_of(struct lookups *l, uint64_t key)
{
	return &l->lately[key & (LOOKUPS_REMEMBERED - 1)];
}

static bool
is_running(const struct lookups *l, const struct domain *d)
{
	for (size_t i = 0; i < l->count; i++)
		if (domain_equal(&lookup_asked(l->running[i].lookup)->domain, d))
			return true;
	return false;
}

static void
tell_displaced(const struct lookups *l, const struct domain *d)
{
	if (l->displaced != NULL)
		l->displaced(l->ctx, d);
}

enum lookups_taken
lookups_ask(struct lookups *l, const struct lookup_request *r)
{
	uint64_t key = key_of(l, domain_bytes(&r->domain));
	const struct lately *lately = lately_of(l, key);
	struct domain displaced;
	enum fair_put put;

	if (is_running(l, &r->domain))
		return LOOKUPS_TAKEN;
	if (lately->key == key && clock_steady() < lately->again)
		return LOOKUPS_TOO_SOON;
	put = fair_put(l->fair, r, &displaced);
	if (displaced.text[0] != '\0')
		tell_displaced(l, &displaced);
	return put == FAIR_FULL ? LOOKUPS_FULL : LOOKUPS_TAKEN;
}

/* ---- Beginning ---- */

/* A turn that comes every so many milliseconds, or as many at once as a burst has. */
static bool
is_turn(int64_t *at, int64_t burst, int64_t now)
{
	if (*at < now - burst)
		*at = now - burst;
	return *at <= now;
}

struct turn {
	const struct lookups *l;
	int64_t now;
};

/* Those that are known are asked about because of what is known of them, not of what was invented.
 */
static bool
may_begin(void *ctx, const struct lookup_request *r)
{
	const struct turn *turn = ctx;

	return r->is_known || crowd_has_room(&turn->l->parents,
					     key_of(turn->l, fair_parent(&r->domain)), turn->now);
}

static void
begin_one(struct lookups *l, const struct lookup_request *r, int64_t now)
{
	struct running *running = &l->running[l->count];

	*running = (struct running){.parent = key_of(l, fair_parent(&r->domain))};
	running->lookup = lookup_new(r, &l->means);
	if (running->lookup == NULL) {
		tell_displaced(l, &r->domain); /* it will be asked for again */
		return;
	}
	if (!r->is_known) {
		crowd_enter(&l->parents, running->parent, now);
		l->unknown++;
	}
	l->plain += !r->cache.is_known;
	l->count++;
}

/* Who may begin where there is room. */
static enum fair_who
who_may(const struct lookups *l)
{
	if (l->plain >= LOOKUPS_PLAIN_MAX)
		return FAIR_WITH_POLICY;
	return l->unknown >= LOOKUPS_UNKNOWN_MAX ? FAIR_KNOWN : FAIR_ANY;
}

static void
begin_some(struct lookups *l, int64_t now)
{
	struct turn turn = {l, now};
	struct lookup_request r;

	while (l->count < LOOKUPS_MAX &&
	       is_turn(&l->begin_at, (int64_t)LOOKUPS_BURST * LOOKUPS_EACH, now) &&
	       fair_take(l->fair, who_may(l), may_begin, &turn, &r)) {
		begin_one(l, &r, now);
		l->begin_at += LOOKUPS_EACH;
	}
}

/* ---- Going on ---- */

static void
fetch_in_turn(struct lookups *l, struct running *r, int64_t now)
{
	struct slots_request request = {.is_new = !lookup_asked(r->lookup)->cache.is_known};

	request.count = lookup_fetch_addresses(r->lookup, &request.addresses);
	r->is_fetching = slots_take(&l->slots, &request, now, &r->slot);
	if (r->is_fetching)
		lookup_fetch(r->lookup);
}

static void
go_on_in_turn(struct lookups *l, struct running *r, int64_t now)
{
	bool is_known = lookup_asked(r->lookup)->is_known;
	int64_t *at = is_known ? &l->known_host_at : &l->host_at;
	int64_t each = is_known ? LOOKUPS_HOSTS_KNOWN_EACH : LOOKUPS_HOSTS_EACH;

	if (!is_turn(at, each * (is_known ? LOOKUPS_HOSTS_KNOWN_BURST : LOOKUPS_HOSTS_BURST), now))
		return;
	*at += each;
	lookup_turn(r->lookup, now);
	lookup_step(r->lookup, now);
}

/* Nothing at all came of it, not even that there is nothing. */
static bool
is_failure(const struct learnt *learnt)
{
	return !answer_is_known(learnt->sts_answer) && !answer_is_known(learnt->mx_answer);
}

static void
remember(struct lookups *l, const struct learnt *learnt, int64_t now)
{
	uint64_t key = key_of(l, domain_bytes(&learnt->domain));
	struct lately *lately = lately_of(l, key);
	int64_t wait = LOOKUPS_AGAIN;

	if (lately->key != key)
		*lately = (struct lately){.key = key};
	lately->failures = is_failure(learnt) ? lately->failures + 1 : 0;
	for (uint32_t i = 1; i < lately->failures && wait < LOOKUPS_AGAIN_MAX; i++)
		wait *= 2;
	lately->again = now + (wait < LOOKUPS_AGAIN_MAX ? wait : LOOKUPS_AGAIN_MAX);
}

static void
end_one(struct lookups *l, size_t i, int64_t now)
{
	struct running r = l->running[i];

	l->running[i] = l->running[--l->count];
	l->plain -= !lookup_asked(r.lookup)->cache.is_known;
	if (!lookup_asked(r.lookup)->is_known) {
		crowd_leave(&l->parents, r.parent);
		l->unknown--;
	}
	remember(l, lookup_learnt(r.lookup), now);
	l->done(l->ctx, lookup_asked(r.lookup), lookup_learnt(r.lookup));
	lookup_free(r.lookup);
}

static void
tell_part(struct lookups *l, struct lookup *lookup)
{
	learnt_part(lookup_learnt(lookup), &l->part);
	l->done(l->ctx, lookup_asked(lookup), &l->part);
}

/* A step of each; whether one of them waits for its turn. */
static bool
step_all(struct lookups *l, int64_t now)
{
	bool wants = false;

	for (size_t i = l->count; i-- > 0;) {
		struct running *r = &l->running[i];
		enum lookup_stand stand = lookup_step(r->lookup, now);

		if (stand != LOOKUP_WAITS && r->is_fetching) {
			slots_give(&l->slots, &r->slot);
			r->is_fetching = false;
		}
		if (stand == LOOKUP_WANTS_TURN)
			go_on_in_turn(l, r, now);
		else if (stand == LOOKUP_WANTS_FETCH)
			fetch_in_turn(l, r, now);
		else if (stand == LOOKUP_DONE)
			end_one(l, i, now);
		if (stand != LOOKUP_DONE && lookup_has_part(r->lookup, now))
			tell_part(l, r->lookup);
		wants |= stand == LOOKUP_WANTS_TURN || stand == LOOKUP_WANTS_FETCH;
	}
	return wants;
}

void
lookups_run(struct lookups *l, struct pollfd *others, size_t count, int milliseconds)
{
	struct pollfd ends[LOOKUPS_OTHERS + DNS_POLL_MAX];
	int64_t now = clock_steady();
	size_t sockets;

	begin_some(l, now);
	if (step_all(l, now) || fair_waiting(l->fair) > 0)
		milliseconds = milliseconds < NOT_IDLE ? milliseconds : NOT_IDLE;
	if (count > 0)
		memcpy(ends, others, count * sizeof(*ends));
	sockets = dns_poll(l->means.dns, ends + count, &milliseconds);
	https_wait(l->means.https, ends, count + sockets, milliseconds);
	if (count > 0)
		memcpy(others, ends, count * sizeof(*ends));
	dns_process(l->means.dns, ends + count, sockets);
	https_process(l->means.https);
	step_all(l, clock_steady());
}
