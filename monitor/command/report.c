/* waxseal report: how much of the mail was encrypted. */
#include "monitor/report/report.h"

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

int
command_report(const struct options *o)
{
	const struct report_query query = query_of(o);
	char why[STORE_WHY_MAX];
	struct report *r;
	struct store *s;

	if (o->format == FORMAT_TLSRPT)
		return report_tlsrpt(o);
	s = list_store(o);
	if (s == NULL)
		return STATUS_FAILED;
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
