/* Policies as arrays of strings; see tlsrpt_policy.h. */
#include "monitor/report/tlsrpt_policy.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "db/policy.h"
#include "monitor/json.h"
#include "monitor/report/figures.h"

#define PATTERN_MAX (DOMAIN_TEXT + 2) /* bytes of an mx pattern, NUL included */
#define CHANGES_MAX POLICY_CHANGES_MAX

/* ---- Arrays of strings ---- */

struct array {
	FILE *out;
	char *text;
	size_t len, count;
};

static bool
array_open(struct array *a)
{
	a->out = open_memstream(&a->text, &a->len);
	if (a->out != NULL)
		putc('[', a->out);
	return a->out != NULL;
}

static FILE *
array_next(struct array *a)
{
	if (a->count++ > 0)
		putc(',', a->out);
	return a->out;
}

static void
array_add(struct array *a, const char *text)
{
	json_put_text(array_next(a), text);
}

/* The caller's to free; NULL where memory is out. */
static char *
array_close(struct array *a)
{
	putc(']', a->out);
	if (fclose(a->out) == 0)
		return a->text;
	free(a->text);
	return NULL;
}

/* Each record whole, in presentation format: RFC 6698 section 2.2. */
static char *
records_text(const struct tlsa_set *set)
{
	struct array a = {0};

	if (!array_open(&a))
		return NULL;
	for (size_t i = 0; i < set->count; i++) {
		const struct tlsa *t = &set->records[i];
		FILE *out = array_next(&a);

		fprintf(out, "\"%u %u %u ", (unsigned)t->usage, (unsigned)t->selector,
			(unsigned)t->matching);
		for (size_t k = 0; k < t->data.len; k++)
			fprintf(out, "%02x", t->data.at[k]);
		putc('"', out);
	}
	return array_close(&a);
}

static void
array_add_line(struct array *a, struct bytes line)
{
	char *copy;

	if (line.len > 0 && line.at[line.len - 1] == '\r')
		line.len--;
	copy = strndup((const char *)line.at, line.len);
	if (copy != NULL)
		array_add(a, copy);
	free(copy);
}

/* The text as it is published, "including any errors that may be present". */
static char *
lines_text(struct bytes text)
{
	struct array a = {0};

	if (!array_open(&a))
		return NULL;
	while (text.len > 0) {
		struct bytes line = bytes_first(text, bytes_find(text, '\n'));

		array_add_line(&a, line);
		text = bytes_after(text, line.len < text.len ? line.len + 1 : line.len);
	}
	return array_close(&a);
}

/* Read and written anew: a file may have been written by anybody. */
static char *
patterns_text(const char *list)
{
	char pattern[PATTERN_MAX];
	struct array a = {0};

	if (!array_open(&a))
		return NULL;
	while (json_list_next(&list, pattern, sizeof(pattern)))
		array_add(&a, pattern);
	return array_close(&a);
}

/* ---- DANE ---- */

static bool
add_records(struct tlsrpt_policies *p, size_t host)
{
	const struct known_policy *known = p->known;
	enum dane_base base = p->hosts[host].dane.base;
	bool is_expanded = base == DANE_BASE_EXPANDED && known->expanded[host].text[0] != '\0';
	size_t i = p->count++;

	p->of_host[host] = i;
	p->texts[i] = records_text(&known->dane[host].records[base]);
	/* The TLSA base domain, RFC 7672 section 2.2.3. */
	p->at[i] = (struct tlsrpt_policy){
	    .type = "tlsa",
	    .domain = is_expanded ? known->expanded[host].text : known->mx.hosts[host].name.text,
	    .strings = p->texts[i],
	};
	return p->texts[i] != NULL;
}

bool
tlsrpt_policies_of(struct tlsrpt_policies *p, const struct known_policy *known)
{
	*p = (struct tlsrpt_policies){.known = known, .count = 1};
	for (size_t i = 0; i < known->mx.count; i++) {
		const struct policy_case c = {
		    .cache = &known->cache,
		    .host = &known->mx.hosts[i].name,
		    .dane = &known->dane[i],
		    .time = known->learnt,
		};

		policy_judge(&c, &p->hosts[i]);
		p->of_host[i] = TLSRPT_OF_DOMAIN;
		if (p->hosts[i].required == REQUIRED_DANE && !add_records(p, i))
			return false;
	}
	return true;
}

/* ---- MTA-STS ---- */

/* What the history says of a day. */
struct chosen {
	int64_t before; /* the end of the day */
	size_t told;
	bool is_settled;
	bool is_latest; /* no change since */
	bool has_mode;
	enum sts_mode mode;
	int64_t max_age;
	char *mx; /* JSON; owned */
};

/* The latest come first. */
static void
choose(void *ctx, const struct policy_change_row *row)
{
	struct chosen *c = ctx;
	const char *mode = row->mode == NULL ? "" : row->mode;
	bool is_latest = c->told++ == 0;

	if (c->is_settled)
		return;
	c->is_settled = row->time < c->before;
	c->is_latest = is_latest;
	c->has_mode = sts_mode_of((struct bytes){(const uint8_t *)mode, strlen(mode)}, &c->mode);
	c->max_age = row->max_age;
	free(c->mx);
	c->mx = strdup(row->mx == NULL ? "[]" : row->mx);
}

/* A policy of which the text is gone, by what it said. */
static char *
rebuilt_text(const struct chosen *c)
{
	char pattern[PATTERN_MAX], line[PATTERN_MAX + 8];
	const char *list = c->mx;
	struct array a = {0};

	if (!array_open(&a))
		return NULL;
	array_add(&a, "version: STSv1");
	snprintf(line, sizeof(line), "mode: %s", sts_mode_name(c->mode));
	array_add(&a, line);
	while (json_list_next(&list, pattern, sizeof(pattern))) {
		snprintf(line, sizeof(line), "mx: %s", pattern);
		array_add(&a, line);
	}
	snprintf(line, sizeof(line), "max_age: %" PRId64, c->max_age);
	array_add(&a, line);
	return array_close(&a);
}

/* A mode of none is as if there were no policy, RFC 8461 section 5. */
static bool
is_in_force(const struct tlsrpt_policies *p, const struct chosen *c)
{
	const struct sts_cache *cache = &p->known->cache;

	if (!c->has_mode || c->mode == STS_MODE_NONE || c->mx == NULL)
		return false;
	return !c->is_latest || !cache->is_known ||
	       sts_cache_expires(cache) > c->before - FIGURES_DAY;
}

static bool
set_sts(struct tlsrpt_policies *p, const struct chosen *c)
{
	struct tlsrpt_policy *out = &p->at[TLSRPT_OF_DOMAIN];
	bool has_text = c->is_latest && p->known->cache.is_known;
	char *text = has_text ? lines_text(p->known->sts.text) : rebuilt_text(c);

	p->texts[TLSRPT_OF_DOMAIN] = text;
	p->mx = patterns_text(c->mx);
	out->type = "sts";
	out->strings = text;
	out->mx = p->mx;
	return text != NULL && p->mx != NULL;
}

static void
forget_sts(struct tlsrpt_policies *p)
{
	free(p->texts[TLSRPT_OF_DOMAIN]);
	free(p->mx);
	p->texts[TLSRPT_OF_DOMAIN] = NULL;
	p->mx = NULL;
	p->at[TLSRPT_OF_DOMAIN] = (struct tlsrpt_policy){
	    .type = "no-policy-found",
	    .domain = p->known->domain.text,
	};
}

bool
tlsrpt_policies_on(struct tlsrpt_policies *p, struct store *s, int64_t day)
{
	struct chosen c = {.before = day + FIGURES_DAY};
	bool is_good;

	forget_sts(p);
	for (size_t i = 0; i < p->count; i++)
		p->at[i].successes = p->at[i].failures = 0;
	is_good = policy_walk_changes(s, p->known->domain.text, CHANGES_MAX, choose, &c);
	if (is_good && is_in_force(p, &c))
		is_good = set_sts(p, &c);
	free(c.mx);
	return is_good;
}

void
tlsrpt_policies_free(struct tlsrpt_policies *p)
{
	for (size_t i = 0; i < p->count; i++)
		free(p->texts[i]);
	free(p->mx);
}
