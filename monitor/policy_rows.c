#include "monitor/policy_rows.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "monitor/address.h"
#include "monitor/json.h"

#define WORD_MAX     32    /* bytes of a word of this file, NUL included */
#define LIST_MAX     2048  /* bytes of a list of a host's addresses, or TLSA records */
#define PATTERNS_MAX 65536 /* ... of mx patterns: as long as a policy may be */

static const char *const answer_names[] = {"unasked",         "secure", "insecure",   "absent",
					   "absent-insecure", "bogus",  "unavailable"};
static const char *const form_names[] = {NULL, "listed", "implicit", "null"};
static const char *const trouble_names[] = {
    NULL, "record-gone", "record-broken", "discovery-failed", "fetch-failed", "policy-broken"};
#define NAMES(list) list, sizeof(list) / sizeof((list)[0])

/* The index of a name; 0 for none, and for one that is not known. */
static unsigned
index_of(const char *name, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count && name != NULL; i++)
		if (names[i] != NULL && strcmp(names[i], name) == 0)
			return (unsigned)i;
	return 0;
}

/* ---- To rows ---- */

static void
list_add_text(struct json_list *l, const char *text)
{
	json_list_add(l, bytes_text(text));
}

/* The texts and bytes of one host's row. */
struct host_text {
	char addresses[LIST_MAX], answers[LIST_MAX], tlsa[LIST_MAX];
	struct policy_tlsa_row *records;
};

/* Everything that one save lends. */
struct saving {
	struct policy_host_row rows[MX_HOSTS_MAX];
	struct host_text texts[MX_HOSTS_MAX];
	struct policy policies[MX_HOSTS_MAX];
	char patterns[PATTERNS_MAX];
	char text[STS_TEXT_MAX + 1];
	char problems[PROBLEMS_MAX * PROBLEM_TEXT_MAX * 2];
	char rua[TLSRPT_URIS_MAX * TLSRPT_URI_MAX];
};

static void
free_saving(struct saving *w, size_t hosts)
{
	for (size_t i = 0; w != NULL && i < hosts; i++) {
		for (size_t k = 0; k < w->rows[i].record_count; k++)
			free((void *)(uintptr_t)w->texts[i].records[k].rdata);
		free(w->texts[i].records);
	}
	free(w);
}

static bool
put_record(const struct tlsa *t, unsigned base, struct policy_tlsa_row *out)
{
	uint8_t *rdata = malloc(3 + t->data.len);

	if (rdata == NULL)
		return false;
	rdata[0] = t->usage;
	rdata[1] = t->selector;
	rdata[2] = t->matching;
	if (t->data.len > 0)
		memcpy(rdata + 3, t->data.at, t->data.len);
	*out = (struct policy_tlsa_row){base, rdata, 3 + t->data.len,
					t->is_der ? (int64_t)t->subject : POLICY_DER_NONE};
	/* cppcheck-suppress memleak ; free_saving has it */
	return true;
}

static bool
put_records(const struct dane_answers *a, unsigned counts, struct host_text *text,
	    struct policy_host_row *row)
{
	struct json_list list = json_list_over(text->tlsa, sizeof(text->tlsa));
	char words[TLSA_TEXT_MAX];

	row->tlsa = text->tlsa;
	text->records =
	    calloc(a->records[0].count + a->records[1].count + 1, sizeof(*text->records));
	row->records = text->records;
	if (text->records == NULL)
		return false;
	for (unsigned base = 0; base < 2; base++)
		for (size_t i = 0; i < a->records[base].count; i++) {
			const struct tlsa *t = &a->records[base].records[i];

			if (!put_record(t, base, &text->records[row->record_count]))
				return false;
			row->record_count++;
			tlsa_text(t, words);
			if (base == counts)
				list_add_text(&list, words);
		}
	return true;
}

static void
put_addresses(const struct mx_host *host, struct host_text *text)
{
	struct json_list list = json_list_over(text->addresses, sizeof(text->addresses));
	char address[INET6_ADDRSTRLEN];

	for (size_t i = 0; i < host->address_count; i++) {
		address_text(&host->addresses[i], address);
		list_add_text(&list, address);
	}
}

static void
put_answers(const struct dane_answers *a, struct host_text *text)
{
	struct json_list list = json_list_over(text->answers, sizeof(text->answers));
	const enum answer all[] = {a->mx, a->address, a->alias, a->tlsa[0], a->tlsa[1]};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		list_add_text(&list, answer_names[all[i]]);
	list_add_text(&list, a->is_alias ? "alias" : "no-alias");
}

/* The moment of the last answer: DNS' on its hosts or its record, or its policy. */
static int64_t
answered(const struct known_policy *known)
{
	const struct sts_cache *c = &known->cache;
	int64_t last = known->learnt > c->asked ? known->learnt : c->asked;

	return last > c->fetched ? last : c->fetched;
}

static bool
put_host(const struct known_policy *known, size_t i, struct saving *w)
{
	const struct mx_host *host = &known->mx.hosts[i];
	struct policy_host_row *row = &w->rows[i];
	struct host_text *text = &w->texts[i];
	const struct policy_case c = {&known->cache, known->cache.is_known ? &known->sts : NULL,
				      &host->name, &known->dane[i], answered(known)};
	struct policy *p = &w->policies[i];

	policy_judge(&c, p);
	put_addresses(host, text);
	put_answers(&known->dane[i], text);
	*row = (struct policy_host_row){
	    .host = host->name.text,
	    .preference = host->preference,
	    .expanded = known->expanded[i].text[0] != '\0' ? known->expanded[i].text : NULL,
	    .addresses = text->addresses,
	    .is_whole = host->is_whole,
	    .sts_match = p->listed == FACT_UNSEEN ? MAYBE_NULL
			 : p->listed == FACT_YES  ? MAYBE_YES
						  : MAYBE_NO,
	    .dane = p->dane.state == DANE_UNKNOWN ? NULL : dane_state_name(p->dane.state),
	    .answers = text->answers,
	};
	return put_records(&known->dane[i], p->dane.base, text, row);
}

static const char *
text_or_null(const char *text)
{
	return text[0] != '\0' ? text : NULL;
}

static void
put_cache(const struct known_policy *known, struct saving *w, struct policy_row *row)
{
	const struct sts_cache *c = &known->cache;
	struct json_list patterns = json_list_over(w->patterns, sizeof(w->patterns));
	struct sts_mx_walk walk = {known->sts.text};
	struct bytes pattern;
	size_t len = known->sts.text.len < STS_TEXT_MAX ? known->sts.text.len : STS_TEXT_MAX;

	row->trouble = trouble_names[c->trouble];
	row->failures = c->failures;
	row->failing_since = c->failing_since;
	row->asked = c->asked;
	row->ask_after = c->ask_after;
	row->fetch_after = c->fetch_after;
	row->wants_fetch = c->wants_fetch;
	row->seen_id = text_or_null(c->seen_id);
	row->refused_id = text_or_null(c->refused_id);
	if (!c->is_known)
		return;
	while (sts_policy_next_mx(&walk, &pattern))
		json_list_add(&patterns, pattern);
	memcpy(w->text, known->sts.text.at, len);
	w->text[len] = '\0';
	row->id = c->id;
	row->mode = sts_mode_name(c->mode);
	row->max_age = c->max_age;
	row->mx = w->patterns;
	row->fetched = c->fetched;
	row->expires = sts_cache_expires(c);
	row->source = known->source;
	row->text = w->text;
	row->digest = c->digest;
	row->digest_len = sizeof(c->digest);
	row->is_edited = c->is_edited;
}

/* Those of its text are told even where it was not fetched this time. */
static void
put_problems(const struct known_policy *known, struct saving *w, struct policy_row *row)
{
	struct problems problems = known->sts_problems;
	struct json_list list = json_list_over(w->problems, sizeof(w->problems));
	struct sts_policy again;

	if (known->cache.is_known)
		sts_policy_read(known->sts.text, &again, &problems);
	for (size_t i = 0; i < problems.count; i++)
		list_add_text(&list, problems.text[i]);
	row->problems = w->problems;
}

static void
put_tlsrpt(const struct known_policy *known, struct saving *w, struct policy_row *row)
{
	struct json_list list = json_list_over(w->rua, sizeof(w->rua));

	if (known->tlsrpt_answer == ANSWER_UNASKED)
		return;
	for (size_t i = 0; i < known->tlsrpt.count; i++)
		list_add_text(&list, known->tlsrpt.rua[i]);
	row->tlsrpt_status = tlsrpt_status(known->tlsrpt_answer, &known->tlsrpt);
	row->tlsrpt_rua = w->rua;
}

bool
policy_rows_save(struct store *s, const struct known_policy *known, bool *is_change)
{
	struct saving *w = calloc(1, sizeof(*w));
	struct policy_row row = {
	    .domain = known->domain.text,
	    .learnt = known->learnt,
	    .status = sts_cache_status(&known->cache, answered(known)),
	    .mx_form = form_names[known->mx.form],
	    .is_mx_whole = known->mx.is_whole,
	    .host_count = known->mx.count,
	};
	bool is_good = w != NULL;

	for (size_t i = 0; is_good && i < known->mx.count; i++)
		is_good = put_host(known, i, w);
	if (is_good) {
		put_cache(known, w, &row);
		put_problems(known, w, &row);
		put_tlsrpt(known, w, &row);
		row.hosts = w->rows;
		row.required = policy_required_name(policy_of_domain(w->policies, known->mx.count));
		is_good = policy_save(s, &row, is_change);
	}
	free_saving(w, known->mx.count);
	return is_good;
}

/* ---- And back ---- */

struct loading {
	struct known_policy known;
	char text[STS_TEXT_MAX];
	struct tlsa *records; /* of all hosts, in order; each owns its data */
	size_t record_count;
	size_t first[MX_HOSTS_MAX][2];
	bool is_found, is_failed;
};

static void
copy_id(char out[STS_ID_MAX + 1], const char *in)
{
	if (in != NULL)
		snprintf(out, STS_ID_MAX + 1, "%s", in);
}

static void
take_text(struct loading *l, const struct policy_row *row)
{
	struct sts_cache *c = &l->known.cache;
	struct problems problems = {0};
	size_t len = row->text == NULL ? 0 : strlen(row->text);

	if (row->mode == NULL || len == 0 || len > STS_TEXT_MAX ||
	    !sts_mode_of(bytes_text(row->mode), &c->mode))
		return;
	memcpy(l->text, row->text, len);
	sts_policy_read((struct bytes){(const uint8_t *)l->text, len}, &l->known.sts, &problems);
	if (!l->known.sts.is_readable)
		return;
	c->is_known = true;
	copy_id(c->id, row->id);
	c->max_age =
	    row->max_age < 0 || row->max_age > STS_MAX_AGE_MAX ? 0 : (uint32_t)row->max_age;
	c->fetched = row->fetched;
	if (row->digest_len == sizeof(c->digest))
		memcpy(c->digest, row->digest, sizeof(c->digest));
	c->is_edited = row->is_edited;
}

static void
take_problems(struct problems *out, const char *list)
{
	char text[PROBLEM_TEXT_MAX];

	while (json_list_next(&list, text, sizeof(text)))
		problems_add(out, "%s", text);
}

/* Security is not kept, and nothing rests on it: the record demands nothing. */
static void
take_tlsrpt(struct known_policy *known, const struct policy_row *row)
{
	struct tlsrpt *t = &known->tlsrpt;
	const char *list = row->tlsrpt_rua, *status = row->tlsrpt_status;

	if (status == NULL)
		return;
	if (strcmp(status, "unavailable") == 0) {
		known->tlsrpt_answer = ANSWER_UNAVAILABLE;
		return;
	}
	t->state = strcmp(status, "present") == 0   ? TLSRPT_FOUND
		   : strcmp(status, "invalid") == 0 ? TLSRPT_INVALID
						    : TLSRPT_ABSENT;
	known->tlsrpt_answer = t->state == TLSRPT_ABSENT ? ANSWER_ABSENT_INSECURE : ANSWER_INSECURE;
	while (t->count < TLSRPT_URIS_MAX &&
	       json_list_next(&list, t->rua[t->count], sizeof(t->rua[0])))
		t->count++;
}

static void
take_policy(void *ctx, const struct policy_row *row)
{
	struct loading *l = ctx;
	struct sts_cache *c = &l->known.cache;

	l->is_found = true;
	l->known.learnt = row->learnt;
	l->known.source = "cache";
	take_text(l, row);
	take_problems(&l->known.sts_problems, row->problems);
	take_tlsrpt(&l->known, row);
	c->trouble = (enum sts_trouble)index_of(row->trouble, NAMES(trouble_names));
	c->failures =
	    row->failures < 0 || row->failures > UINT32_MAX ? UINT32_MAX : (uint32_t)row->failures;
	c->failing_since = row->failing_since;
	c->asked = row->asked;
	c->ask_after = row->ask_after;
	c->fetch_after = row->fetch_after;
	c->wants_fetch = row->wants_fetch;
	copy_id(c->seen_id, row->seen_id);
	copy_id(c->refused_id, row->refused_id);
	l->known.mx.form = (enum mx_form)index_of(row->mx_form, NAMES(form_names));
	l->known.mx.is_whole = row->is_mx_whole;
}

static void
take_addresses(struct mx_host *host, const char *list)
{
	char text[INET6_ADDRSTRLEN];

	while (json_list_next(&list, text, sizeof(text))) {
		struct address a = {.family = 4};

		if (inet_pton(AF_INET, text, a.b) == 1) {
			mx_add_address(host, &a);
			continue;
		}
		a.family = 6;
		if (inet_pton(AF_INET6, text, a.b) == 1)
			mx_add_address(host, &a);
	}
}

static void
take_answers(struct dane_answers *a, const char *list)
{
	enum answer *const all[] = {&a->mx, &a->address, &a->alias, &a->tlsa[0], &a->tlsa[1]};
	char word[WORD_MAX];

	for (size_t i = 0; json_list_next(&list, word, sizeof(word)); i++) {
		if (i < sizeof(all) / sizeof(all[0]))
			*all[i] = (enum answer)index_of(word, NAMES(answer_names));
		else
			a->is_alias = strcmp(word, "alias") == 0;
	}
}

static void
take_host(void *ctx, const struct policy_host_row *row)
{
	struct loading *l = ctx;
	size_t i = l->known.mx.count;
	struct mx_host *host = &l->known.mx.hosts[i];

	if (i == MX_HOSTS_MAX || domain_read(bytes_text(row->host), &host->name) != DOMAIN_OK) {
		l->is_failed = true;
		return;
	}
	host->preference = (uint16_t)row->preference;
	host->is_whole = row->is_whole;
	take_addresses(host, row->addresses);
	take_answers(&l->known.dane[i], row->answers);
	if (row->expanded != NULL)
		domain_read(bytes_text(row->expanded), &l->known.expanded[i]);
	l->known.mx.count++;
}

static void
take_tlsa(void *ctx, size_t host, const struct policy_tlsa_row *row)
{
	struct loading *l = ctx;
	struct tlsa_set *set;
	struct tlsa *records;
	uint8_t *data;

	if (l->is_failed || host >= l->known.mx.count || row->base > 1 || row->len < 3)
		return;
	set = &l->known.dane[host].records[row->base];
	records = realloc(l->records, (l->record_count + 1) * sizeof(*records));
	data = malloc(row->len);
	if (records != NULL)
		l->records = records;
	if (records == NULL || data == NULL) {
		free(data);
		l->is_failed = true;
		return;
	}
	memcpy(data, row->rdata, row->len);
	tlsa_read((struct bytes){data, row->len}, &records[l->record_count]);
	records[l->record_count].is_der = row->der >= 0;
	records[l->record_count].subject = row->der >= 0 ? (uint32_t)row->der : 0;
	if (set->count++ == 0)
		l->first[host][row->base] = l->record_count;
	l->record_count++;
	/* cppcheck-suppress memleak ; free_loading has it */
}

/* The array has come to rest: point into it. */
static void
settle(struct loading *l)
{
	for (size_t i = 0; i < l->known.mx.count; i++)
		for (size_t base = 0; base < 2; base++) {
			struct tlsa_set *set = &l->known.dane[i].records[base];

			set->records = set->count > 0 ? l->records + l->first[i][base] : NULL;
		}
}

static void
free_loading(struct loading *l)
{
	for (size_t i = 0; i < l->record_count; i++)
		free((void *)((uintptr_t)l->records[i].data.at - 3)); /* where its RDATA begins */
	free(l->records);
	free(l);
}

bool
policy_rows_load(struct store *s, struct bytes domain, struct policy_book *book)
{
	struct loading *l = calloc(1, sizeof(*l));
	struct policy_teller teller = {take_policy, take_host, take_tlsa, l};
	bool is_good = false;

	if (l == NULL)
		return false;
	if (domain_read(domain, &l->known.domain) != DOMAIN_OK)
		is_good = true; /* nothing is known of such */
	else if (policy_find(s, l->known.domain.text, &teller)) {
		settle(l);
		/* A row that makes no sense tells nothing. */
		is_good = !l->is_found || l->is_failed || book_put(book, &l->known);
	}
	free_loading(l);
	return is_good;
}

/* Names of domains, copied: what tells them is busy until it is done. */
struct names {
	struct domain list[DESTINATIONS_MAX];
	size_t count;
};

static void
add_name(void *ctx, const char *name)
{
	struct names *n = ctx;

	if (n->count < DESTINATIONS_MAX &&
	    domain_read(bytes_text(name), &n->list[n->count]) == DOMAIN_OK)
		n->count++;
}

bool
policy_rows_load_at(struct store *store, const struct session *s, struct policy_book *book)
{
	char address[INET6_ADDRSTRLEN];
	struct names names = {.count = 0};
	struct domain asked;
	const char *place = asked.text;

	if (!destination_asked(s, &asked)) {
		address_text(&s->server, address);
		place = address;
	}
	if (!policy_walk_at(store, place, DESTINATIONS_MAX, add_name, &names))
		return false;
	for (size_t i = 0; i < names.count; i++) {
		struct bytes name = domain_bytes(&names.list[i]);

		if (book_find(book, name) == NULL && !policy_rows_load(store, name, book))
			return false;
	}
	return true;
}
