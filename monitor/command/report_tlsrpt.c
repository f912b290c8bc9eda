/*
 * waxseal report --format tlsrpt: what was seen of each domain, a file for each
 * domain and day, as RFC 8460 has it.
 *
 * Domains are those of which a policy was asked for: of others it is not known
 * under which policy their mail falls. Days that are not over are left out.
 */
#include <inttypes.h>
#include <string.h>

#include "monitor/command/command.h"
#include "monitor/command/list.h"
#include "monitor/command/report.h"
#include "monitor/counted.h"
#include "monitor/log.h"
#include "monitor/policy_rows.h"
#include "monitor/report/figures.h"
#include "monitor/report/tlsrpt_domain.h"
#include "monitor/report/tlsrpt_file.h"
#include "monitor/report/tlsrpt_result.h"

/* The run under way. */
struct writing {
	struct tlsrpt_job job;
	struct tlsrpt_folder folder;
	struct policy_book *book;
	uint64_t files, unnamed, omitted;
	bool has_failed;
	bool is_told; /* why, in a message */
};

static bool
put(void *ctx, const struct tlsrpt_report *r, size_t omitted)
{
	struct writing *w = ctx;

	w->omitted += omitted;
	switch (tlsrpt_folder_put(&w->folder, r)) {
	case TLSRPT_PUT:
		w->files++;
		return true;
	case TLSRPT_NO_NAME:
		w->unnamed++;
		return true;
	case TLSRPT_NOT_PUT:
		w->is_told = true;
		break;
	}
	return false;
}

static bool
write_domain(void *ctx, const char *name)
{
	struct writing *w = ctx;
	const struct bytes domain = bytes_text(name);
	const struct known_policy *known;

	w->has_failed = !policy_rows_load(w->job.store, domain, w->book);
	/* NULL: a name that no file may be called, or a row that makes no sense. */
	known = w->has_failed ? NULL : book_find(w->book, domain);
	if (known != NULL)
		w->has_failed = !tlsrpt_domain(&w->job, known);
	return !w->has_failed;
}

/* All at one state of the database. */
static bool
write_all(struct writing *w, const char *filter)
{
	const struct tlsrpt_job *job = &w->job;
	const struct traffic_span span = {
	    .since = job->since,
	    .until = job->until,
	    .domain = filter,
	    .kinds = tlsrpt_kinds,
	    .kind_count = tlsrpt_kind_count,
	};
	const char *why;
	bool is_good = hourly_begin(job->store) && traffic_gather(job->store, &span) &&
		       policy_walk_domains(job->store, filter, write_domain, w) && !w->has_failed;

	why = store_error(job->store);
	if (!is_good && !w->is_told)
		log_error("%s", why[0] != '\0' ? why : "report: out of memory");
	hourly_end(job->store);
	return is_good;
}

static void
say(const struct options *o, const struct writing *w)
{
	if (w->omitted > 0)
		log_note("%s: %s of failures had no room in a report (%d each); all are counted",
			 o->tlsrpt.directory, counted(w->omitted, "row").text, TLSRPT_FAILURES_MAX);
	if (w->unnamed > 0)
		log_note("%s: %s left out: the names of the domain and of the submitter are too "
			 "long for a file (give a shorter one with --submitter)",
			 o->tlsrpt.directory, counted(w->unnamed, "report").text);
	if (w->files > 0)
		log_note("%s: %s", o->tlsrpt.directory, counted(w->files, "report").text);
	else
		log_note("%s: no report: no session of a day that is over, to a domain of which a "
			 "policy is known",
			 o->tlsrpt.directory);
}

/* The day that a time is in; of none that was given, all. */
static int64_t
day_of(int64_t time, int64_t least, int64_t most)
{
	return figures_floor(time < least ? least : time > most ? most : time, FIGURES_DAY);
}

static struct tlsrpt_sender
sender_of(const struct options *o)
{
	const struct tlsrpt_options *t = &o->tlsrpt;
	struct tlsrpt_sender s = {t->organization_name, t->contact_info, t->submitter,
				  t->report_id};

	if (s.domain == NULL)
		s.domain = strchr(s.contact, '@') + 1;
	if (s.organization == NULL)
		s.organization = s.domain;
	if (s.id == NULL)
		s.id = s.domain;
	return s;
}

static int
write_reports(const struct options *o, struct store *s)
{
	const int64_t today = figures_floor(o->now, FIGURES_DAY);
	const struct tlsrpt_sender sender = sender_of(o);
	struct writing w = {.book = book_new()};
	bool is_good;

	w.job = (struct tlsrpt_job){
	    .store = s,
	    .sender = &sender,
	    .since = day_of(o->filter.since, 0, today),
	    .until = day_of(o->filter.until, 0, today - FIGURES_DAY) + FIGURES_DAY,
	    .tell = put,
	    .ctx = &w,
	};
	if (w.book == NULL) {
		log_error("report: out of memory");
		return STATUS_FAILED;
	}
	if (!tlsrpt_folder_open(&w.folder, o->tlsrpt.directory, o->tlsrpt.is_gzip)) {
		book_free(w.book);
		return STATUS_FAILED;
	}
	is_good = write_all(&w, o->filter.domain);
	if (is_good)
		say(o, &w);
	tlsrpt_folder_close(&w.folder);
	book_free(w.book);
	return is_good ? STATUS_DONE : STATUS_FAILED;
}

int
report_tlsrpt(const struct options *o)
{
	struct store *s = list_store(o);
	int status;

	if (s == NULL)
		return STATUS_FAILED;
	status = write_reports(o, s);
	store_close(s);
	return status;
}
