/*
 * A batch ends after so many sessions, or after a second: while one is open
 * nobody else can write, and an operator who acknowledges an incident should
 * not wait for a slow capture. A fast one makes way now and then.
 *
 * What a batch counts becomes the run's only when it is committed.
 */
#include "monitor/record.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "monitor/alert/muting.h"
#include "monitor/alert/queue.h"
#include "monitor/baseline/baseline.h"
#include "monitor/baseline/hindsight.h"
#include "monitor/clock.h"
#include "monitor/policy_rows.h"
#include "monitor/record_count.h"
#include "monitor/rejudge.h"
#include "monitor/rows.h"
#include "monitor/sum.h"
#include "monitor/tend.h"

#define BATCH_SESSIONS 2000
#define BATCH_MS       1000
#define BATCH_LIVE_MS  400      /* a finding is to be known within a second of its packet */
#define WAY_EVERY_MS   500      /* of writing, after which others get a chance to */
#define WAY_NS         3000000L /* they look every millisecond: db/sql.c */
#define SWEEPS_MAX     8    /* of policies in one go: 4,000 domains; 50 a second are looked up */
#define SOURCE_MAX     4096 /* a path */

struct recorder {
	struct store *store;
	struct rows *rows;
	struct baseline *baseline;
	struct policy_book *book;
	struct smart_hosts smart_hosts;
	struct recent *recent;
	struct history known;             /* beside the session judged last */
	struct destination destination;   /* of it; meaningful where policy points here */
	const struct destination *policy; /* NULL: nothing is known */
	struct recorder_counts counts;    /* of what is committed */
	struct recorder_counts batch;     /* of what is not, yet */
	struct tending tending;
	const struct sinks *sinks; /* NULL: nobody is alerted */
	struct muting muting;
	char *sensor;
	char source[SOURCE_MAX];
	int64_t sensor_id; /* while a batch is open */
	int64_t begun;     /* milliseconds of the monotonic clock */
	int64_t made_way;
	char error[STORE_WHY_MAX];
};

struct recorder *
recorder_open(const char *path, const char *sensor, char *why, size_t why_size)
{
	struct recorder *r = calloc(1, sizeof(*r));

	if (r == NULL)
		goto no_memory;
	r->muting = MUTING_NONE;
	r->rows = rows_new();
	r->baseline = baseline_new();
	r->book = book_new();
	r->sensor = strdup(sensor);
	if (r->rows == NULL || r->baseline == NULL || r->book == NULL || r->sensor == NULL)
		goto no_memory;
	rows_mute(r->rows, &r->muting.all);
	r->store = store_open(path, STORE_CREATE, why, why_size);
	if (r->store != NULL)
		return r;
	recorder_close(r);
	return NULL;

no_memory:
	snprintf(why, why_size, "%s: out of memory", path);
	recorder_close(r);
	return NULL;
}

static bool
fail(struct recorder *r, const char *why)
{
	snprintf(r->error, sizeof(r->error), "%s", why);
	return false;
}

void
recorder_keep(struct recorder *r, const struct retain_limits *limits, bool is_by_newest)
{
	tend_begin(&r->tending, limits, is_by_newest);
}

void
recorder_keep_now(struct recorder *r)
{
	if (!store_is_in_transaction(r->store))
		tend_to_end(&r->tending, r->store);
}

const char *
recorder_complaint(struct recorder *r)
{
	return tend_complaint(&r->tending);
}

void
recorder_alert(struct recorder *r, const struct sinks *sinks)
{
	r->sinks = sinks;
}

struct store *
recorder_store(struct recorder *r)
{
	return store_is_in_transaction(r->store) ? NULL : r->store;
}

void
recorder_source(struct recorder *r, const char *source)
{
	snprintf(r->source, sizeof(r->source), "%s", source);
}

/* The batch is gone, rolled back. */
static void
lose_batch(struct recorder *r)
{
	r->counts.sessions_refused += record_count_sessions(&r->batch);
	baseline_drop(r->baseline);
	muting_forget(&r->muting);
	if (r->recent != NULL)
		recent_drop(r->recent);
	r->batch = (struct recorder_counts){0};
}

/* A transaction has begun: what a batch rests on. */
static bool
settle(struct recorder *r)
{
	/* Looked up anew: if the batch that added it was rolled back it is not there. */
	r->sensor_id = session_sensor(r->store, r->sensor);
	if (r->sensor_id == 0 || !muting_refresh(&r->muting, r->store, clock_wall())) {
		fail(r, store_error(r->store));
		store_rollback(r->store);
		return false;
	}
	r->begun = clock_steady();
	return true;
}

/* Begin a batch where none is open. */
static bool
begin(struct recorder *r)
{
	if (store_is_in_transaction(r->store))
		return true;
	if (!store_begin(r->store))
		return fail(r, store_error(r->store));
	return settle(r);
}

static bool
end_if_due(struct recorder *r)
{
	if (record_count_sessions(&r->batch) < BATCH_SESSIONS && recorder_patience(r) != 0)
		return true;
	return recorder_flush(r);
}

/* What of a finding is news is queued for the sinks, in the transaction of the incident. */
static bool
alert(struct recorder *r, const struct session_row *row, const struct finding_row *finding)
{
	const struct queue_case c = {
	    .session = row, .finding = finding, .sensor_id = r->sensor_id, .now = clock_wall()};

	return r->sinks == NULL || queue_finding(r->store, r->sinks, &c, &r->batch.alerts);
}

static bool
alert_all(struct recorder *r, const struct session_row *row)
{
	for (size_t i = 0; i < row->finding_count; i++)
		if (!alert(r, row, &row->findings[i]))
			return false;
	return true;
}

static void
print_line(void *ctx, const char *json)
{
	fprintf(ctx, "%s\n", json);
}

static enum recorded
add(struct recorder *r, const struct session_row *row, int64_t *id)
{
	switch (session_add(r->store, row, id)) {
	case SESSION_NEW:
		r->batch.sessions_new++;
		return RECORDED_NEW;
	case SESSION_BEHIND:
		r->batch.sessions_behind++;
		return RECORDED_KNOWN;
	case SESSION_REMOVED: /* it is counted, and was removed since */
	case SESSION_KNOWN:
		r->batch.sessions_known++;
		return RECORDED_KNOWN;
	case SESSION_EXTENDED:
		r->batch.sessions_extended++;
		return RECORDED_EXTENDED;
	case SESSION_FAILED:
		break;
	}
	fail(r, store_error(r->store));
	lose_batch(r);
	r->counts.sessions_refused++;
	return RECORDED_FAILED;
}

/* A live session is told more than once: its lines are, where something is new in them. */
static bool
is_printed(const struct recorder *r, const struct session_row *row)
{
	size_t i;

	if (r->source[0] != '\0')
		return row->finding_count > 0;
	for (i = 0; i < row->finding_count; i++)
		if (row->findings[i].event != INCIDENT_UNTOUCHED)
			return true;
	return false;
}

/* What was under way is rolled back. */
static bool
fail_batch(struct recorder *r)
{
	fail(r, store_error(r->store));
	store_rollback(r->store);
	lose_batch(r);
	return false;
}

static bool
recall_policy(struct recorder *r, struct bytes domain)
{
	return book_find(r->book, domain) != NULL || policy_rows_load(r->store, domain, r->book);
}

/* What was learnt before a restart, or long ago, is in the database. */
static bool
recall_policies(struct recorder *r, const struct session *s)
{
	struct domain domain;

	if (r->recent == NULL || s->service != SERVICE_SMTP)
		return true;
	for (size_t i = 0; i < r->smart_hosts.count; i++) {
		const struct domain *name = &r->smart_hosts.list[i].name;

		if (name->text[0] != '\0' && !recall_policy(r, domain_bytes(name)))
			return false;
	}
	if (s->rcpt_count == 0)
		return policy_rows_load_at(r->store, s, r->book);
	for (size_t i = 0; i < s->rcpt_count && i < RECIPIENTS_MAX; i++)
		if (destination_recipient(s, i, &domain) &&
		    !recall_policy(r, domain_bytes(&domain)))
			return false;
	return true;
}

/* What is known of where a session's mail was to go; NULL: nothing. */
static const struct destination *
find_destination(struct recorder *r, const struct session *s, struct destination *room)
{
	return rejudge_destination(r->book, &r->smart_hosts, s, room) ? room : NULL;
}

bool
recorder_judge(struct recorder *r, const struct session *s, struct verdict *out)
{
	struct judge_case c = {.session = s, .known = &r->known};

	if (!begin(r)) {
		r->counts.sessions_refused++;
		return false;
	}
	if (!baseline_ask(r->baseline, r->store, s, &r->known) || !recall_policies(r, s)) {
		r->counts.sessions_refused++;
		return fail_batch(r);
	}
	r->policy = find_destination(r, s, &r->destination);
	c.policy = r->policy;
	judge_case(&c, out);
	return true;
}

/* A session judged again: counted and told like any other. */
struct telling {
	struct recorder *recorder;
	FILE *json;
	bool is_failed;
	struct destination destination; /* of the session that is judged again */
};

static bool
find_destination_again(void *ctx, const struct session *s, const struct destination **out)
{
	struct telling *t = ctx;

	*out = NULL;
	if (!recall_policies(t->recorder, s))
		return false;
	*out = find_destination(t->recorder, s, &t->destination);
	return true;
}

static void
tell_hindsight(void *ctx, const struct hindsight_told *told)
{
	struct telling *t = ctx;
	struct recorder *r = t->recorder;

	record_count_finding(&r->batch, told->row);
	if (!alert(r, told->session, told->row))
		t->is_failed = true;
	if (t->json != NULL &&
	    !session_findings(r->store, told->id, told->finding->kind->name, print_line, t->json))
		t->is_failed = true;
}

static struct hindsight
back_of(struct recorder *r, struct telling *telling)
{
	return (struct hindsight){.baseline = r->baseline,
				  .store = r->store,
				  .rows = r->rows,
				  .recent = r->recent,
				  .find_destination = find_destination_again,
				  .tell = tell_hindsight,
				  .ctx = telling};
}

/*
 * Learn from a session when it is over, once, however often it is told, and
 * judge again what it sheds another light on.
 */
static bool
learn(struct recorder *r, int64_t id, const struct session *s, const struct verdict *v, FILE *json)
{
	bool is_first = false;
	const struct judge_case c = {.session = s, .known = &r->known, .policy = r->policy};
	struct telling telling = {.recorder = r, .json = json};
	const struct hindsight back = back_of(r, &telling);

	if (s->is_under_way)
		return true;
	if (!session_learn(r->store, id, &is_first))
		return fail_batch(r);
	if (!is_first)
		return true;
	r->batch.over[s->service][v->outcome]++;
	if (baseline_learn(r->baseline, r->store, &c, v) && hindsight(&back, &c, v) &&
	    !telling.is_failed)
		return true;
	return fail_batch(r);
}

/* Where policies are being asked for, an answer may come that tells of it. */
static void
remember(struct recorder *r, enum recorded recorded, int64_t id, const struct session *s)
{
	if (r->recent == NULL)
		return;
	if (recorded == RECORDED_NEW)
		recent_add(r->recent, id, s, &r->known);
	else if (recorded == RECORDED_EXTENDED)
		recent_replace(r->recent, id, s, &r->known);
}

enum recorded
recorder_session(struct recorder *r, const struct session *s, const struct verdict *v,
		 const struct evidence_view *evidence, FILE *json)
{
	struct session_row row;
	enum recorded recorded;
	int64_t id;

	if (!begin(r)) {
		r->counts.sessions_refused++;
		return RECORDED_FAILED;
	}
	rows_of(r->rows, s, v, evidence, &row);
	row.sensor_id = r->sensor_id;
	recorded = add(r, &row, &id);
	if (recorded == RECORDED_FAILED)
		return recorded;
	remember(r, recorded, id, s);
	record_count(&r->batch, s, &row, v);
	if (!alert_all(r, &row)) {
		fail_batch(r);
		return RECORDED_FAILED;
	}
	if (json != NULL && is_printed(r, &row) &&
	    !session_findings(r->store, id, NULL, print_line, json)) {
		fail(r, store_error(r->store));
		return RECORDED_FAILED;
	}
	if (!learn(r, id, s, v, json))
		return RECORDED_FAILED;
	return end_if_due(r) ? recorded : RECORDED_FAILED;
}

bool
recorder_expect_policies(struct recorder *r, int64_t window)
{
	if (r->recent == NULL)
		r->recent = recent_new(window);
	return r->recent != NULL || fail(r, "out of memory");
}

void
recorder_smart_hosts(struct recorder *r, const struct smart_hosts *h)
{
	r->smart_hosts = *h;
}

bool
recorder_known_policy(struct recorder *r, struct bytes domain, const struct known_policy **out)
{
	*out = NULL;
	if (r->recent == NULL)
		return true;
	if (!recall_policy(r, domain))
		return fail(r, store_error(r->store));
	*out = book_find(r->book, domain);
	return true;
}

size_t
recorder_known_at(struct recorder *r, const struct session *s, const struct known_policy **out,
		  size_t most)
{
	struct domain asked;

	if (r->recent == NULL)
		return 0;
	destination_asked(s, &asked);
	return book_at(r->book, &s->server, &asked, out, most);
}

bool
recorder_policies_due(struct recorder *r, int64_t now, int64_t most,
		      void (*tell)(void *ctx, const char *domain), void *ctx)
{
	return policy_walk_due(r->store, now, most, tell, ctx) || fail(r, store_error(r->store));
}

bool
recorder_forget_policies(struct recorder *r, int64_t before, int64_t now)
{
	int64_t since, count = POLICY_SWEEP;

	if (!begin(r))
		return false;
	if (!policy_since(r->store, RECORDER_POLICIES_MAX, &since))
		return fail_batch(r);
	/* Sweeping removes more in a minute than the checker can look up. */
	for (int i = 0; i < SWEEPS_MAX && count == POLICY_SWEEP; i++)
		if (!policy_sweep(r->store, since > before ? since : before, now, &count))
			return fail_batch(r);
	return end_if_due(r);
}

bool
recorder_policy(struct recorder *r, const struct known_policy *known, FILE *json)
{
	struct telling telling = {.recorder = r, .json = json};
	struct rejudge j = {
	    .back = back_of(r, &telling),
	    .book = r->book,
	    .smart_hosts = &r->smart_hosts,
	    .recent = r->recent,
	};

	if (r->recent == NULL)
		return true;
	if (!book_put(r->book, known))
		return fail(r, "out of memory");
	/* What was given may have views into what the book had of it before. */
	known = book_find(r->book, domain_bytes(&known->domain));
	if (!begin(r))
		return false;
	j.sensor_id = r->sensor_id; /* known since the batch was begun */
	if (!policy_rows_save(r->store, known, NULL) || !rejudge(&j, known) || telling.is_failed)
		return fail_batch(r);
	return end_if_due(r);
}

bool
recorder_minute(struct recorder *r, const struct capture_minute *m)
{
	struct capture_row row = {
	    .minute = m->minute,
	    .source = r->source,
	    .packets = (int64_t)m->packets,
	    .bytes = (int64_t)m->bytes,
	    .dropped = (int64_t)m->dropped,
	    .gaps = (int64_t)m->gaps,
	    .withheld = (int64_t)m->withheld,
	    .evicted = (int64_t)m->evicted,
	    .untold = (int64_t)m->untold,
	    .crashed = (int64_t)m->crashed,
	};

	if (!begin(r))
		return false;
	row.sensor_id = r->sensor_id;
	if (!session_capture(r->store, &row))
		return fail_batch(r);
	r->batch.gaps += m->gaps;
	r->batch.crashed += m->crashed;
	return end_if_due(r);
}

/* Batch after batch would leave those who wait for the lock no moment to get it. */
static void
make_way(struct recorder *r)
{
	const struct timespec pause = {.tv_nsec = WAY_NS};

	if (clock_steady() - r->made_way < WAY_EVERY_MS)
		return;
	nanosleep(&pause, NULL);
	r->made_way = clock_steady();
}

bool
recorder_flush(struct recorder *r)
{
	const uint64_t added = r->batch.sessions_new;

	if (!store_is_in_transaction(r->store))
		return true;
	if (!baseline_flush(r->baseline, r->store))
		return fail_batch(r);
	if (!store_commit(r->store)) {
		fail(r, store_error(r->store));
		lose_batch(r);
		return false;
	}
	sum_counts(&r->counts, &r->batch, sizeof(r->batch));
	r->batch = (struct recorder_counts){0};
	make_way(r);
	tend(&r->tending, r->store, added);
	return true;
}

int
recorder_patience(const struct recorder *r)
{
	int64_t left =
	    (r->source[0] == '\0' ? BATCH_LIVE_MS : BATCH_MS) - (clock_steady() - r->begun);

	if (!store_is_in_transaction(r->store))
		return -1;
	return left > 0 ? (int)left : 0;
}

bool
recorder_settle(struct recorder *r)
{
	if (!store_is_in_transaction(r->store))
		tend(&r->tending, r->store, 0);
	return recorder_patience(r) != 0 || recorder_flush(r);
}

bool
recorder_mutes(struct recorder *r, const struct mutes *configured, struct recorder_mutes *out)
{
	r->muting.configured = configured;
	muting_forget(&r->muting);
	*out = (struct recorder_mutes){0};
	if (!recorder_flush(r))
		return false;
	/* Where another process writes nothing waits for it: the first batch reads them. */
	if (store_begin_now(r->store) != MAYBE_YES)
		return true;
	if (!settle(r))
		return false;
	out->in_force = mutes_in_force(&r->muting.all, clock_wall());
	out->left_out = r->muting.left_out;
	return recorder_flush(r);
}

bool
recorder_has_moved(const struct recorder *r)
{
	return store_has_moved(r->store);
}

const char *
recorder_error(const struct recorder *r)
{
	return r->error;
}

struct recorder_counts
recorder_counts(const struct recorder *r)
{
	return r->counts;
}

static void
note_open(void *ctx, const char *name, enum severity_rank severity, int64_t open)
{
	struct recorder_gauges *g = ctx;
	const struct kind *kind = judge_kind(name);

	if (kind != NULL)
		g->open[kind - judge_kinds][severity] = (uint64_t)open;
}

bool
recorder_gauges(struct recorder *r, struct recorder_gauges *out)
{
	*out = (struct recorder_gauges){.bytes = gauge_bytes(r->store)};
	return gauge_incidents(r->store, note_open, out) && gauge_muted(r->store, &out->muted) &&
	       gauge_deliveries(r->store, &out->deliveries);
}

bool
recorder_close(struct recorder *r)
{
	bool is_good = true;

	if (r == NULL)
		return true;
	if (r->store != NULL)
		is_good = recorder_flush(r);
	store_close(r->store);
	rows_free(r->rows);
	baseline_free(r->baseline);
	book_free(r->book);
	recent_free(r->recent);
	muting_free(&r->muting);
	free(r->sensor);
	free(r);
	return is_good;
}
