/* RFC 8460 section 4.4; see tlsrpt_json.h. */
#include "monitor/report/tlsrpt_json.h"

#include <inttypes.h>
#include <string.h>

#include "monitor/json.h"
#include "monitor/moment.h"

#define SECOND        INT64_C(1000000)
#define DAY           (86400 * SECOND)
#define DATE_LENGTH   10 /* of "2026-03-01" */
#define SECOND_LENGTH 19 /* of "2026-03-01T00:00:00" */

static void
put_member(FILE *out, const char *before, const char *text)
{
	fputs(before, out);
	json_put_text(out, text);
}

/* The day is told from its first to its last second, as the RFC's example does. */
static void
put_range(const struct tlsrpt_report *r, FILE *out)
{
	char start[MOMENT_TEXT_MAX], end[MOMENT_TEXT_MAX];

	moment_text(r->day, start);
	moment_text(r->day + DAY - SECOND, end);
	fprintf(out, ",\"date-range\":{\"start-datetime\":\"%.*sZ\",\"end-datetime\":\"%.*sZ\"}",
		SECOND_LENGTH, start, SECOND_LENGTH, end);
}

/* The same for the same day and domain, however often it is made: receivers drop duplicates. */
static void
put_id(const struct tlsrpt_report *r, FILE *out)
{
	char id[1024], day[MOMENT_TEXT_MAX];

	moment_text(r->day, day);
	snprintf(id, sizeof(id), "%s.%.*s.%s", r->sender->id, DATE_LENGTH, day, r->domain);
	put_member(out, ",\"report-id\":", id);
}

static void
put_policy(const struct tlsrpt_policy *p, FILE *out)
{
	put_member(out, "{\"policy\":{\"policy-type\":", p->type);
	if (p->strings != NULL)
		fprintf(out, ",\"policy-string\":%s", p->strings);
	put_member(out, ",\"policy-domain\":", p->domain);
	if (p->mx != NULL)
		fprintf(out, ",\"mx-host\":%s", p->mx);
	fprintf(out,
		"},\"summary\":{\"total-successful-session-count\":%" PRId64
		",\"total-failure-session-count\":%" PRId64 "}",
		p->successes, p->failures);
}

/* A server that is none of the MX hosts has no name that counts: RFC 5321 section 4.1.3. */
static void
put_host(const struct tlsrpt_failure *f, FILE *out)
{
	char literal[TLSRPT_ADDRESS_MAX + 8];

	snprintf(literal, sizeof(literal), strchr(f->server, ':') == NULL ? "[%s]" : "[IPv6:%s]",
		 f->server);
	put_member(out, ",\"receiving-mx-hostname\":", f->host != NULL ? f->host : literal);
}

static void
put_failure(const struct tlsrpt_failure *f, FILE *out)
{
	put_member(out, "{\"result-type\":", f->result);
	if (f->client[0] != '\0')
		put_member(out, ",\"sending-mta-ip\":", f->client);
	if (f->server[0] != '\0' || f->host != NULL)
		put_host(f, out);
	if (f->server[0] != '\0')
		put_member(out, ",\"receiving-ip\":", f->server);
	fprintf(out, ",\"failed-session-count\":%" PRId64, f->sessions);
	put_member(out, ",\"failure-reason-code\":", f->reason);
	putc('}', out);
}

static void
put_failures(const struct tlsrpt_report *r, size_t policy, FILE *out)
{
	bool is_first = true;

	for (size_t i = 0; i < r->failure_count; i++) {
		if (r->failures[i].policy != policy)
			continue;
		fputs(is_first ? ",\"failure-details\":[\n" : ",\n", out);
		put_failure(&r->failures[i], out);
		is_first = false;
	}
	if (!is_first)
		putc(']', out);
}

void
tlsrpt_write(const struct tlsrpt_report *r, FILE *out)
{
	bool is_first = true;

	put_member(out, "{\"organization-name\":", r->sender->organization);
	put_range(r, out);
	put_member(out, ",\"contact-info\":", r->sender->contact);
	put_id(r, out);
	fputs(",\"policies\":[", out);
	for (size_t i = 0; i < r->policy_count; i++) {
		const struct tlsrpt_policy *p = &r->policies[i];

		if (p->successes == 0 && p->failures == 0)
			continue;
		fputs(is_first ? "\n" : ",\n", out);
		put_policy(p, out);
		put_failures(r, i, out);
		putc('}', out);
		is_first = false;
	}
	fputs("]}\n", out);
}
