/*
 * policy --json: one object, with the contract's names. All texts are printable
 * ASCII by the time they come here; see policy_view.h.
 */
#include <inttypes.h>
#include <stdio.h>

#include "monitor/address.h"
#include "monitor/command/policy_view.h"
#include "monitor/json.h"
#include "monitor/moment.h"

static void
put_text(const char *text)
{
	json_put_text(stdout, text);
}

static void
put_member(const char *name, const char *text)
{
	printf(",\"%s\":", name);
	if (text != NULL)
		put_text(text);
	else
		fputs("null", stdout);
}

static void
put_moment(const char *name, bool is_known, int64_t moment)
{
	char text[MOMENT_TEXT_MAX];

	moment_text(moment, text);
	put_member(name, is_known ? text : NULL);
}

static void
put_problems(const char *name, const struct problems *p)
{
	printf(",\"%s\":[", name);
	for (size_t i = 0; i < p->count; i++) {
		if (i > 0)
			putchar(',');
		put_text(p->text[i]);
	}
	putchar(']');
}

static void
put_patterns(const struct policy_view *v)
{
	struct sts_mx_walk walk = {v->sts.text};
	struct bytes pattern;
	bool is_first = true;

	fputs(",\"mx\":[", stdout);
	while (v->has_sts && sts_policy_next_mx(&walk, &pattern)) {
		printf(is_first ? "\"%.*s\"" : ",\"%.*s\"", (int)pattern.len,
		       (const char *)pattern.at);
		is_first = false;
	}
	putchar(']');
}

static void
put_sts(const struct policy_view *v)
{
	const struct learnt *l = v->learnt;
	const struct sts_cache *c = &v->cache;
	bool has_id = answer_is_known(l->sts_answer) && l->sts_record.state == STS_RECORD_FOUND;

	printf(",\"mta_sts\":{\"status\":\"%s\"", sts_cache_status(c, v->now));
	put_member("id", has_id ? l->sts_record.id : c->is_known ? c->id : NULL);
	put_member("mode", c->is_known ? sts_mode_name(c->mode) : NULL);
	if (c->is_known)
		printf(",\"max_age\":%" PRIu32, c->max_age);
	else
		fputs(",\"max_age\":null", stdout);
	put_patterns(v);
	put_moment("fetched", c->is_known, c->fetched);
	put_moment("expires", c->is_known, sts_cache_expires(c));
	put_member("source", !c->is_known ? NULL : v->is_cached ? "cache" : "network");
	put_problems("problems", &l->sts_problems);
	putchar('}');
}

static void
put_addresses(const struct mx_host *host)
{
	char text[INET6_ADDRSTRLEN];

	fputs(",\"addresses\":[", stdout);
	for (size_t i = 0; i < host->address_count; i++) {
		address_text(&host->addresses[i], text);
		printf(i > 0 ? ",\"%s\"" : "\"%s\"", text);
	}
	putchar(']');
}

/* Records at the base that counts; where none does, at either. */
static void
put_tlsa(const struct dane_answers *dane)
{
	char text[TLSA_TEXT_MAX];
	bool is_first = true;

	fputs(",\"tlsa\":[", stdout);
	for (size_t base = 0; base < 2; base++)
		for (size_t i = 0; i < dane->records[base].count; i++) {
			tlsa_text(&dane->records[base].records[i], text);
			printf(is_first ? "\"%s\"" : ",\"%s\"", text);
			is_first = false;
		}
	putchar(']');
}

static void
put_host(const struct policy_view *v, size_t i)
{
	const struct mx_host *host = &v->learnt->mx.hosts[i];
	const struct policy *p = &v->hosts[i];

	printf(i > 0 ? ",{\"host\":\"%s\",\"preference\":%u" : "{\"host\":\"%s\",\"preference\":%u",
	       host->name.text, (unsigned)host->preference);
	put_addresses(host);
	printf(",\"sts_match\":%s", p->listed == FACT_UNSEEN ? "null"
				    : p->listed == FACT_YES  ? "true"
							     : "false");
	printf(",\"dane\":\"%s\"", policy_view_dane_status(p));
	put_tlsa(&v->learnt->hosts[i].dane);
	putchar('}');
}

static const char *
form_name(const struct learnt *l)
{
	switch (l->mx.form) {
	case MX_UNKNOWN:
		break;
	case MX_LISTED:
		return "present";
	case MX_IMPLICIT:
		return "absent";
	case MX_NULL:
		return "null";
	}
	return l->mx_answer == ANSWER_BOGUS ? "bogus" : "unavailable";
}

static void
put_counts(const struct counts *c)
{
	printf("\"sessions\":%" PRId64 ",\"encrypted\":%" PRId64 ",\"plaintext\":%" PRId64
	       ",\"failed\":%" PRId64,
	       c->sessions, c->encrypted, c->plaintext, c->failed);
}

static void
put_server(const struct policy_seen_server *s, bool is_first)
{
	fputs(is_first ? "{" : ",{", stdout);
	fputs("\"server\":", stdout);
	put_text(s->server);
	printf(",\"is_mx\":%s", s->is_mx == FACT_UNSEEN ? "null"
				: s->is_mx == FACT_YES  ? "true"
							: "false");
	put_member("host", s->host == NULL ? NULL : s->host->name.text);
	putchar(',');
	put_counts(&s->counts);
	put_moment("last_hour", true, s->last);
	putchar('}');
}

/* What the tap has seen; null without a database. */
static void
put_seen(const struct policy_seen *seen)
{
	if (seen == NULL) {
		fputs(",\"seen\":null", stdout);
		return;
	}
	fputs(",\"seen\":{", stdout);
	put_counts(&seen->total);
	printf(",\"named\":%" PRId64 ",\"incidents_open\":%" PRId64 ",\"incidents_muted\":%" PRId64,
	       seen->named, seen->incidents.open, seen->incidents.muted);
	put_moment("last_hour", seen->of > 0, seen->last);
	printf(",\"servers_in_all\":%zu,\"servers\":[", seen->of);
	for (size_t i = 0; i < seen->count; i++)
		put_server(&seen->servers[i], i == 0);
	fputs("]}", stdout);
}

void
policy_view_json(const struct policy_view *v)
{
	const struct learnt *l = v->learnt;

	printf("{\"domain\":\"%s\"", l->domain.text);
	put_sts(v);
	printf(",\"mx_status\":\"%s\"", form_name(l));
	fputs(",\"mx\":[", stdout);
	for (size_t i = 0; i < l->mx.count; i++)
		put_host(v, i);
	putchar(']');
	put_problems("mx_problems", &l->mx_problems);
	printf(",\"tlsrpt\":{\"status\":\"%s\",\"rua\":[",
	       tlsrpt_status(l->tlsrpt_answer, &l->tlsrpt));
	for (size_t i = 0; i < l->tlsrpt.count; i++) {
		if (i > 0)
			putchar(',');
		put_text(l->tlsrpt.rua[i]);
	}
	putchar(']');
	put_problems("problems", &l->tlsrpt_problems);
	printf("},\"required\":\"%s\"", policy_required_name(v->required));
	put_moment("learnt", true, v->is_recalled ? v->known->learnt : v->now);
	put_seen(v->seen);
	puts("}");
}
