/*
 * The keeper of live captures; see keeper.h. One loop over all readers: it waits
 * for whichever has something to say, for signals, and for what is due.
 *
 * Where the database refuses, no reader is heard until it is open again: what
 * they have to say piles up with them, and beyond their room they count it
 * instead. Capturing goes on. Nor does it wait for look-ups of policies, but for a
 * moment at its end.
 */
#include <signal.h>
#include <stdlib.h>

#include "db/store.h"
#include "monitor/clock.h"
#include "monitor/log.h"
#include "monitor/role/alerting.h"
#include "monitor/role/inquiry.h"
#include "monitor/role/measure.h"
#include "monitor/role/notify.h"
#include "monitor/role/posts.h"
#include "monitor/role/signals.h"
#include "monitor/sum.h"

#define PATIENCE_MS 10000 /* for a reader to say all, once it is told to */
#define AT_ONCE_MS  1000  /* two signals so close are one: timeout(1) sends its own twice */
#define LOOK_MS     1000  /* the longest sleep */
#define ANSWERS_MS  5000  /* for look-ups under way at its end: one that goes well takes less */
#define GIVE_MS     2000  /* at its end: for alerts that are due to be given to the courier */
#define SEND_MS     12000 /* ... and sent: what is not marked comes twice */
#define SEND_NEW_MS 2000  /* ... where it begins anew, and nobody captures meanwhile */
#define OWN_ENDS    5     /* to be polled, beside the posts' */

struct vigil {
	struct intake intake;
	const struct keeper_config *config;
	struct keeper_result *result;
	struct recording recording;
	struct posts posts;
	struct status_bar bar;
	struct inquiry *inquiry;   /* NULL: no policies are looked up */
	struct alerting *alerting; /* NULL: nobody is alerted */
	uint64_t alerts;           /* queued, when it was looked at last */
	struct exporting exporting;
	struct measure measure;
	/* The signals', the printer's, the inquiry's, the exporter's, the courier's, then one of
	 * each post. */
	struct pollfd *ends;
	int signals;
	bool is_stopping;
	int64_t deadline; /* for readers to end by themselves, by clock_steady; at once: 0 */
	struct notify notify;
};

/* ---- How it goes ---- */

static struct recorder_counts
recorded_so_far(const struct vigil *v)
{
	struct recorder_counts sum = v->result->recorded;

	if (v->intake.recorder != NULL) {
		struct recorder_counts open = recorder_counts(v->intake.recorder);

		sum_counts(&sum, &open, sizeof(sum));
	}
	return sum;
}

/* In one line without an end. */
static void
describe(const struct vigil *v, char line[STATUS_LINE_MAX])
{
	const struct live_tally tally = posts_tally(&v->posts);
	const struct recorder_counts recorded = recorded_so_far(v);
	struct lookup_counts lookups;

	status_line(&tally, &recorded, line);
	if (v->inquiry == NULL)
		return;
	lookups = inquiry_counts(v->inquiry);
	status_add_lookups(&lookups, line);
}

static void
show_status(struct vigil *v)
{
	char line[STATUS_LINE_MAX];

	if (!v->config->has_status || !status_bar_is_due(&v->bar))
		return;
	describe(v, line);
	status_bar_show(&v->bar, line);
}

/* To whoever is to have it, where it is time. */
static void export(struct vigil *v)
{
	const struct recorder_counts recorded = recorded_so_far(v);
	const struct measured of = {
	    .config = v->config,
	    .posts = &v->posts,
	    .recording = &v->recording,
	    .inquiry = v->inquiry,
	    .alerting = v->alerting,
	    .exporting = &v->exporting,
	    .recorded = &recorded,
	};
	size_t len;
	char *text;

	exporting_run(&v->exporting);
	if (!exporting_is_due(&v->exporting))
		return;
	text = measure_text(&v->measure, &of, &len);
	if (text != NULL)
		exporting_give(&v->exporting, (struct bytes){(const uint8_t *)text, len});
	free(text);
}

/* ---- Signals ---- */

/* For good, or, where it is to begin anew, until then. */
static void
stop(struct vigil *v, bool is_to_reload)
{
	v->result->is_to_reload = is_to_reload;
	v->is_stopping = true;
	v->deadline = clock_steady() + PATIENCE_MS;
	if (is_to_reload)
		notify_reloading(&v->notify);
	else
		notify_say(&v->notify, "STOPPING=1");
}

/* What ends it comes before what has it begin anew, whichever was first. */
static void
stop_for_good(struct vigil *v)
{
	if (!v->is_stopping || v->result->is_to_reload)
		stop(v, false);
	else if (clock_steady() >= v->deadline - PATIENCE_MS + AT_ONCE_MS)
		v->deadline = 0;
}

/* The configuration that is read in the end is the one that was found to be sound. */
static void
reload(struct vigil *v)
{
	status_bar_clear(&v->bar);
	if (v->is_stopping && !v->result->is_to_reload)
		return;
	if (v->config->may_reload == NULL || !v->config->may_reload(v->config->ctx))
		return;
	if (!v->is_stopping)
		stop(v, true);
}

static void
take_signal(struct vigil *v, int number)
{
	char line[STATUS_LINE_MAX];

	switch (number) {
	case SIGINT:
	case SIGTERM:
		stop_for_good(v);
		break;
	case SIGHUP:
		reload(v);
		break;
	case SIGUSR1:
		status_bar_clear(&v->bar);
		describe(v, line);
		log_error("%s", line);
		break;
	}
}

static void
hear_signals(struct vigil *v)
{
	int number;

	while ((number = signals_next(v->signals)) != 0)
		take_signal(v, number);
}

/* ---- The loop ---- */

/* Milliseconds until something is due that nobody will say. */
static int
patience(const struct vigil *v)
{
	int most = posts_patience(&v->posts, LOOK_MS);
	int batch = recording_patience(&v->recording);

	if (v->inquiry != NULL)
		most = inquiry_patience(v->inquiry, most);
	if (v->alerting != NULL && alerting_wait(v->alerting) < most)
		most = alerting_wait(v->alerting);
	return batch >= 0 && batch < most ? batch : most;
}

static struct pollfd
alerting_end(const struct vigil *v)
{
	if (v->alerting == NULL)
		return (struct pollfd){.fd = -1};
	return (struct pollfd){.fd = alerting_descriptor(v->alerting), .events = POLLIN};
}

/* Between batches; a batch ends early where one that was sent is to be marked. */
static void
tend_alerts(struct vigil *v)
{
	struct recorder *r;
	uint64_t alerts;

	if (v->alerting == NULL)
		return;
	if (alerting_wants_store(v->alerting))
		recording_commit(&v->recording);
	r = v->intake.recorder;
	alerts = r != NULL ? recorder_counts(r).alerts : 0;
	if (alerts != v->alerts)
		alerting_stir(v->alerting);
	v->alerts = alerts;
	alerting_tend(v->alerting, r != NULL ? recorder_store(r) : NULL);
}

/* Wait for signals, readers and the checker; for these not while the database is away. */
static void
wait_and_hear(struct vigil *v)
{
	const struct printer *printer = v->config->printer;

	v->ends[0] = (struct pollfd){.fd = v->signals, .events = POLLIN};
	v->ends[1] = (struct pollfd){.fd = printer != NULL ? printer_descriptor(printer) : -1,
				     .events = POLLOUT};
	v->ends[2] = v->inquiry != NULL ? inquiry_poll(v->inquiry) : (struct pollfd){.fd = -1};
	v->ends[3] = exporting_poll(&v->exporting);
	v->ends[4] = alerting_end(v);
	posts_poll(&v->posts, v->ends + OWN_ENDS);
	if (poll(v->ends, v->posts.count + OWN_ENDS, patience(v)) > 0) {
		if (v->ends[0].revents != 0)
			hear_signals(v);
		posts_hear(&v->posts, v->ends + OWN_ENDS);
	}
	/* What was just heard of may be what is to be asked for. */
	if (v->inquiry == NULL || inquiry_run(v->inquiry))
		return;
	intake_refused(&v->intake);
	recording_refused(&v->recording);
}

static void
stand_watch(struct vigil *v)
{
	while (!v->is_stopping || posts_are_running(&v->posts)) {
		if (v->is_stopping)
			posts_tell_to_end(&v->posts);
		else
			posts_start(&v->posts);
		if (v->is_stopping && clock_steady() >= v->deadline)
			posts_end_late(&v->posts);
		wait_and_hear(v);
		posts_end_silent(&v->posts);
		if (v->posts.has_failed && !v->is_stopping)
			stop(v, false);
		recording_tend(&v->recording);
		tend_alerts(v);
		if (v->config->printer != NULL)
			printer_tend(v->config->printer);
		notify_alive(&v->notify);
		show_status(v);
		export(v);
	}
}

/* Readers are gone: what was asked is waited for once more, unless it begins anew or is in a hurry.
 */
static void
await_answers(struct vigil *v)
{
	int64_t until = clock_steady() + ANSWERS_MS;

	if (v->inquiry == NULL)
		return;
	while (!v->result->is_to_reload && v->deadline != 0 && !v->posts.has_failed &&
	       !recording_is_away(&v->recording) && inquiry_pending(v->inquiry) > 0 &&
	       clock_steady() < until) {
		wait_and_hear(v);
		recording_tend(&v->recording);
		if (v->config->printer != NULL)
			printer_tend(v->config->printer);
		notify_alive(&v->notify);
	}
	inquiry_tell_rest(v->inquiry);
}

/* What was sent and is not marked is sent again, by the next watch. */
static void
finish_alerts(struct vigil *v)
{
	const bool is_anew = v->result->is_to_reload;
	struct store *store;

	if (v->alerting == NULL)
		return;
	recording_commit(&v->recording);
	store = v->intake.recorder != NULL ? recorder_store(v->intake.recorder) : NULL;
	if (store != NULL && v->deadline != 0)
		alerting_finish(v->alerting, store, is_anew ? 0 : GIVE_MS,
				is_anew ? SEND_NEW_MS : SEND_MS);
	alerting_free(v->alerting);
	v->alerting = NULL;
}

/* ---- From start to end ---- */

static void
close_database(struct vigil *v)
{
	uint64_t lost = recording_close(&v->recording);

	v->result->recorded.sessions_refused = lost;
	v->result->is_refused = lost > 0;
	v->result->is_failed = v->posts.has_failed || lost > 0 || v->recording.set_aside > 0;
	v->result->is_unfit = v->posts.is_unfit;
}

static bool
prepare(struct vigil *v)
{
	v->signals = signals_catch();
	if (v->signals < 0 || !recording_begin(&v->recording, &v->intake, &v->bar) ||
	    !posts_begin(&v->posts, &v->intake, &v->recording, &v->bar))
		return false;
	exporting_begin(&v->exporting, v->config, &v->bar);
	measure_begin(&v->measure);
	v->ends = calloc(v->posts.count + OWN_ENDS, sizeof(*v->ends));
	if (v->ends == NULL) {
		log_error("out of memory");
		return false;
	}
	if (v->config->lookups != NULL)
		v->inquiry = v->intake.inquiry = inquiry_new(&v->intake, &v->bar);
	if (v->config->lookups != NULL && v->inquiry == NULL && !v->config->goes_on)
		return false;
	if (v->config->sinks != NULL)
		v->alerting = alerting_new(v->config->starter, v->config->user, v->config->sinks,
					   v->config->mutes);
	if (v->config->sinks != NULL && v->alerting == NULL && !v->config->goes_on)
		return false;
	if (v->alerting != NULL)
		alerting_share(v->alerting, v->config->db);
	if (recording_open(&v->recording))
		return true;
	/* An operator should hear now that records cannot be kept, not at the first session. */
	if (!v->config->goes_on && !v->config->awaits_db)
		return false;
	log_error("%s: what there is to record waits until it takes records again", v->config->db);
	recording_refused(&v->recording);
	return true;
}

static void
tell_busy(void *ctx)
{
	notify_busy(ctx);
}

void
keeper_watch(const struct keeper_config *config, struct keeper_result *out)
{
	struct vigil v = {.config = config, .result = out, .signals = -1};

	if (!intake_begin(&v.intake, config, out))
		return;
	notify_begin(&v.notify);
	store_tell_upgrade(tell_busy, &v.notify);
	if (prepare(&v)) {
		notify_say(&v.notify, "READY=1");
		stand_watch(&v);
		await_answers(&v);
		finish_alerts(&v);
		status_bar_clear(&v.bar);
		close_database(&v);
	} else {
		intake_fail(&v.intake);
		out->is_unfit = true;
	}
	intake_end(&v.intake);
	if (v.inquiry != NULL)
		out->lookups = inquiry_counts(v.inquiry);
	inquiry_free(v.inquiry);
	alerting_free(v.alerting);
	out->tally = posts_tally(&v.posts);
	exporting_end(&v.exporting, !out->is_to_reload);
	store_tell_upgrade(NULL, NULL);
	notify_end(&v.notify);
	/* One that could not begin as asked for may go on as before. */
	signals_release(v.signals, v.result->is_to_reload || v.result->is_unfit);
	recording_end(&v.recording);
	posts_end(&v.posts);
	free(v.ends);
}
