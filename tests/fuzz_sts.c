/*
 * What a domain publishes as text: TXT records and an MTA-STS policy. The input is
 * a count of records (1), each with 2 of length in front, then the policy's text.
 *
 * What is said of them must hold together and be printable; a record is also read
 * as RDATA, as a host's name and as a media type.
 */
#include <stdlib.h>

#include "dissector/text.h"
#include "monitor/policy/sts_fetch.h"
#include "monitor/policy/sts_match.h"
#include "monitor/policy/sts_record.h"
#include "monitor/policy/tlsrpt.h"
#include "tests/demand.h"

#define RECORDS_MAX 8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Sentences, and at least one where something is wrong. */
static void
check_problems(const struct problems *p, bool is_wrong)
{
	demand(p->count <= PROBLEMS_MAX && (p->count > 0 || !is_wrong));
	for (size_t i = 0; i < p->count; i++)
		demand_printable(p->text[i]);
}

static void
check_records(const struct txt_records *in)
{
	static struct tlsrpt tlsrpt;
	struct problems problems = {0}, more = {0};
	struct sts_record r;

	sts_record_read(in, &r, &problems);
	check_problems(&problems, r.state == STS_RECORD_INVALID);
	demand((r.state == STS_RECORD_FOUND) == (r.id[0] != '\0'));
	for (const char *c = r.id; *c != '\0'; c++)
		demand(text_is_alpha((uint8_t)*c) || text_is_digit((uint8_t)*c));
	tlsrpt_read(in, &tlsrpt, &more);
	check_problems(&more, tlsrpt.state == TLSRPT_INVALID);
	demand(tlsrpt.state == TLSRPT_FOUND || tlsrpt.count == 0);
	for (size_t i = 0; i < tlsrpt.count; i++)
		demand_printable(tlsrpt.rua[i]);
}

static void
check_joined(struct bytes rdata)
{
	uint8_t *out = malloc(rdata.len ? rdata.len : 1);
	struct bytes joined;
	struct txt_records in = {&joined, 1};

	if (out != NULL && txt_join(rdata, out, rdata.len, &joined))
		check_records(&in);
	free(out);
}

/* A name that may be asked for is the same when it is read again. */
static void
check_name(struct bytes name)
{
	struct domain first, again;
	enum domain_sort sort = domain_read(name, &first);
	char out[STS_URL_MAX];

	demand((first.text[0] == '\0') == (sort == DOMAIN_BAD || sort == DOMAIN_ADDRESS));
	if (first.text[0] == '\0')
		return;
	demand(domain_is_ldh(domain_bytes(&first)));
	demand(domain_read(domain_bytes(&first), &again) == sort && domain_equal(&first, &again));
	if (sts_fetch_url(&first, out))
		demand_printable(out);
	demand(sts_match_pattern(domain_bytes(&first), &first));
}

/* The mx lines that were counted are those that can be walked. */
static size_t
count_mx(const struct sts_policy *p)
{
	struct sts_mx_walk walk = {p->text};
	struct bytes pattern;
	size_t count = 0;

	for (; sts_policy_next_mx(&walk, &pattern); count++)
		demand(domain_is_ldh(pattern.at[0] == '*' ? bytes_after(pattern, 2) : pattern));
	return count;
}

static void
check_policy(const struct sts_policy *p, const struct problems *problems)
{
	check_problems(problems, !p->is_valid);
	demand(p->is_readable || !p->is_valid);
	demand(p->max_age <= STS_MAX_AGE_MAX);
	if (p->text.len <= STS_TEXT_MAX)
		demand(count_mx(p) == p->mx_count);
	if (p->is_readable)
		demand(p->mode == STS_MODE_NONE || p->mx_count > 0);
}

/* A text that is valid with LF is valid with CRLF, and says the same: erratum 6253. */
static void
check_line_ends(const struct sts_policy *p)
{
	static char text[STS_TEXT_MAX];
	struct problems problems = {0};
	struct sts_policy other;
	size_t len = 0;

	if (!p->is_valid || bytes_find(p->text, '\r') < p->text.len ||
	    p->text.len > sizeof(text) / 2)
		return;
	for (size_t i = 0; i < p->text.len; i++) {
		if (p->text.at[i] == '\n')
			text[len++] = '\r';
		text[len++] = (char)p->text.at[i];
	}
	sts_policy_read((struct bytes){(const uint8_t *)text, len}, &other, &problems);
	demand(other.is_valid && other.mode == p->mode && other.max_age == p->max_age &&
	       other.mx_count == p->mx_count);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cursor c = cursor_over((struct bytes){data, size});
	struct bytes records[RECORDS_MAX];
	struct txt_records in = {records, 0};
	struct problems problems = {0};
	size_t count = cursor_u8(&c) % (RECORDS_MAX + 1);
	struct sts_policy p;

	while (in.count < count && !c.is_short) {
		struct bytes record = cursor_vector16(&c).rest;

		if (c.is_short)
			return 0;
		records[in.count++] = record;
		check_joined(record);
		check_name(record);
		sts_fetch_is_plain_text(record);
	}
	check_records(&in);
	sts_policy_read(c.rest, &p, &problems);
	check_policy(&p, &problems);
	check_line_ends(&p);
	return 0;
}
