/*
 * A domain whose name servers and web server were made to harm: what comes of each
 * question in turn is the input's to say. A look-up must end, must connect to
 * nothing but the public Internet, and what it learnt must be a message that the
 * keeper takes: one that it does not take would end the checker, and with it the
 * look-ups of all others.
 *
 * The input is a byte of whether the domain is known; then for each question a byte
 * (the kind of its answer, whether it is refused, has an alias), and where records
 * come their count (1) and each with 2 of length in front; for a fetch a byte of its
 * result, a status (2), a media type (1 of length) and the text. It stands in for
 * dns.h and https.h, whose own answers have targets of their own.
 */
#include <stdlib.h>

#include "monitor/policy/reach.h"
#include "monitor/role/checker_message.h"
#include "tests/demand.h"

#define STEPS_MAX 10000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct {
	struct cursor in;
	dns_done *take; /* NULL: no question is under way */
	void *take_ctx;
	char name[DOMAIN_TEXT];
	enum dns_type type;
	https_done *fetched;
	void *fetched_ctx;
} t;

/* ---- In place of dns.h and https.h ---- */

bool
dns_can_be_secure(const struct dns *d)
{
	(void)d;
	return true;
}

bool
dns_ask(struct dns *d, const char *name, enum dns_type type, dns_done *done, void *ctx)
{
	(void)d;
	demand(t.take == NULL && strlen(name) < sizeof(t.name));
	demand_printable(name);
	snprintf(t.name, sizeof(t.name), "%s", name);
	t.type = type;
	t.take_ctx = ctx;
	if (t.in.rest.len > 0 && t.in.rest.at[0] == 0xff)
		return false; /* memory is refused */
	t.take = done;
	return true;
}

bool
https_fetch(struct https *h, const struct https_request *r, https_done *done, void *ctx)
{
	(void)h;
	demand(t.fetched == NULL && r->count > 0 && r->count <= HTTPS_ADDRESSES_MAX);
	for (size_t i = 0; i < r->count; i++)
		demand(reach_is_public(&r->addresses[i]));
	t.fetched = done;
	t.fetched_ctx = ctx;
	return true;
}

void
https_explain(enum https_result result, const struct domain *domain, struct problems *problems)
{
	(void)result;
	problems_add(problems, "%s failed.", domain->text);
}

/* ---- Answers ---- */

static void
read_message(struct dns_message *m, bool is_alias)
{
	size_t count = cursor_u8(&t.in);
	struct bytes alias;

	memset(m, 0, sizeof(*m));
	m->all = t.in.rest;
	m->ttl = cursor_u16(&t.in);
	m->is_alias = is_alias;
	snprintf(m->name, sizeof(m->name), "%s", t.name);
	if (is_alias) {
		alias = bytes_first(cursor_vector8(&t.in).rest, sizeof(m->name) - 1);
		alias = bytes_first(alias, bytes_find(alias, '\0'));
		if (alias.len > 0)
			memcpy(m->name, alias.at, alias.len);
		m->name[alias.len] = '\0';
	}
	while (m->count < count && !t.in.is_short)
		m->rdata[m->count++] = cursor_vector16(&t.in).rest;
}

static void
answer(void)
{
	static const enum answer kinds[] = {ANSWER_UNAVAILABLE,     ANSWER_SECURE,
					    ANSWER_INSECURE,        ANSWER_ABSENT,
					    ANSWER_ABSENT_INSECURE, ANSWER_BOGUS};
	static struct dns_message m;
	uint8_t byte = cursor_u8(&t.in);
	struct dns_answer a = {kinds[byte % 6], (byte & 0x40) != 0, NULL};
	dns_done *take = t.take;

	if (answer_is_known(a.answer)) {
		read_message(&m, (byte & 0x80) != 0 && t.type != DNS_CNAME);
		/* As dns.c has it: records are there exactly where the answer says so. */
		if ((m.count > 0) != answer_is_present(a.answer))
			a.answer = m.count > 0 ? ANSWER_INSECURE : ANSWER_ABSENT_INSECURE;
		a.message = &m;
	}
	t.take = NULL;
	take(t.take_ctx, &a);
}

static void
answer_fetch(void)
{
	uint8_t byte = cursor_u8(&t.in);
	struct https_answer a = {.result = (enum https_result)(byte % (HTTPS_OUR_FAULT + 1))};
	https_done *fetched = t.fetched;

	if (a.result == HTTPS_ANSWERED) {
		a.response.status = byte >= 0x80 ? cursor_u16(&t.in) : 200;
		a.response.content_type =
		    byte >= 0x40 ? cursor_vector8(&t.in).rest : BYTES("text/plain");
		a.body = bytes_first(t.in.rest, STS_TEXT_MAX);
		a.response.body_len = t.in.rest.len;
	}
	t.fetched = NULL;
	fetched(t.fetched_ctx, &a);
}

/* ---- What is demanded ---- */

/* A checker that says it is not ended. */
static void
cross(const struct learnt *l)
{
	static uint8_t memory[MESSAGE_MAX];
	struct packer p = packer_over(memory, sizeof(memory));
	struct bytes in, body = {0};
	struct learnt *other;
	enum message type;

	checker_message_put_learnt(&p, l);
	in = (struct bytes){memory, p.len};
	demand(!p.is_short && message_take(&in, &type, &body) == GOT_WHOLE && in.len == 0);
	other = checker_message_get_learnt(body);
	demand(other != NULL && other->mx.count == l->mx.count);
	learnt_free(other);
}

/* True where it goes on. */
static bool
go_on(struct lookup *l, int64_t *now)
{
	const enum lookup_stand stand = lookup_step(l, *now);

	if (lookup_has_part(l, *now)) {
		static struct learnt part;

		demand(stand != LOOKUP_DONE);
		learnt_part(lookup_learnt(l), &part);
		cross(&part);
	}
	switch (stand) {
	case LOOKUP_WAITS:
		demand((t.take != NULL) != (t.fetched != NULL));
		if (t.take != NULL)
			answer();
		else
			answer_fetch();
		return true;
	case LOOKUP_WANTS_TURN:
		if (cursor_u8(&t.in) % 8 != 7)
			lookup_turn(l, *now);
		*now += 500;
		return true;
	case LOOKUP_WANTS_FETCH:
		if (cursor_u8(&t.in) % 4 != 3)
			lookup_fetch(l);
		*now += 500;
		return true;
	case LOOKUP_DONE:
		return false;
	}
	return false;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct lookup_means means = {0};
	struct lookup_request r = {.domain = {"example.com"}, .now = 1000000};
	int64_t now = 1000;
	struct lookup *l;
	size_t steps = 0;

	memset(&t, 0, sizeof(t));
	t.in = cursor_over((struct bytes){data, size});
	r.is_known = cursor_u8(&t.in) % 2 == 1;
	l = lookup_new(&r, &means);
	demand(l != NULL);
	while (go_on(l, &now))
		demand(++steps < STEPS_MAX);
	cross(lookup_learnt(l));
	lookup_free(l);
	return 0;
}
