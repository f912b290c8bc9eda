/* waxseal report: how much of the mail was encrypted. */
#include "monitor/report/report.h"

#include "monitor/alert/muting.h"
#include "monitor/command/command.h"
#include "monitor/command/list.h"
#include "monitor/command/report.h"
#include "monitor/log.h"

/* A format a row. */
static void (*const writers[])(const struct report *r, FILE *out) = {
    [FORMAT_TABLE] = report_text,
    [FORMAT_JSON] = report_json,
    [FORMAT_CSV] = report_csv,
    [FORMAT_HTML] = report_html,
};

static struct report_query
query_of(const struct options *o)
{
	const struct filter *f = &o->filter;

	return (struct report_query){
	    .filter = {.since = f->since,
		       .until = f->until,
		       .service = o->service,
		       .server = f->server,
		       .client = f->client,
		       .domain = f->domain},
	    .has_since = f->since != INT64_MIN,
	    .has_until = f->until != INT64_MAX,
	    .limit = f->limit,
	};
}

/* How many mutes are in force; false: store_error says why there is no answer. */
static bool
count_mutes(struct store *s, const struct options *o, size_t *out)
{
	struct muting muting = MUTING_NONE;
	bool is_read;

	muting.configured = o->mutes;
	is_read = muting_read(&muting, s);
	*out = mutes_in_force(&muting.all, o->now);
	muting_free(&muting);
	return is_read;
}

int
command_report(const struct options *o)
{
	struct report_query query = query_of(o);
	char why[STORE_WHY_MAX];
	struct report *r;
	struct store *s;

	if (o->format == FORMAT_TLSRPT)
		return report_tlsrpt(o);
	s = list_store(o);
	if (s == NULL)
		return STATUS_FAILED;
	r = NULL;
	if (!count_mutes(s, o, &query.mutes))
		snprintf(why, sizeof(why), "%s", store_error(s));
	else
		r = report_read(s, &query, why);
	if (r == NULL)
		log_error("%s", why);
	else
		writers[o->format](r, stdout);
	store_close(s);
	if (r == NULL)
		return STATUS_FAILED;
	report_free(r);
	return STATUS_DONE;
}
