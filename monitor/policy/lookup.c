/*
 * The questions about one domain, in order; see lookup.h.
 *
 * Each question has a function that takes its answer; lookup_step asks the next
 * one as soon as none is under way. What cannot be asked for want of memory or
 * time is as good as not answered.
 */
#include "monitor/policy/lookup.h"

#include <stdlib.h>

#include "monitor/policy/reach.h"
#include "monitor/policy/tlsa_der.h"

#define PREFIX_STS    "_mta-sts."
#define PREFIX_TLSRPT "_smtp._tls."
#define PREFIX_POLICY "mta-sts."
#define MILLISECONDS  INT64_C(1000)

/* In this order: without its hosts no policy is judged by, and DANE needs nothing else. */
enum part {
	PART_MX,
	PART_HOSTS,
	PART_RECORD,
	PART_TLSRPT,
	PART_POLICY_A,
	PART_POLICY_AAAA,
	PART_FETCH,
	PART_DONE
};

struct lookup {
	struct lookup_request request;
	struct lookup_means means;
	struct learnt *learnt;
	enum part part;
	bool is_waiting; /* for an answer */
	bool is_begun, is_fetching;
	int64_t dns_until, hosts_until, fetch_until; /* milliseconds */
	int64_t part_from;                           /* when its part may be told; 0: it was */
	bool is_late;                                /* the time for questions is over */
	size_t host;                                 /* of PART_HOSTS */
	size_t turns;                                /* hosts that may be asked about */
	int64_t turn_since; /* it waits for one; milliseconds, 0: it does not */
	int64_t turn_left;  /* how much longer it would */
	bool is_cut;        /* they take too long: hosts are left */
	bool has_a;         /* its A was asked for, and AAAA is next */
	enum answer a;
	enum answer policy_answer; /* of the policy host's addresses */
	struct address addresses[HTTPS_ADDRESSES_MAX];
	size_t address_count;
	bool is_unreachable; /* it has addresses, and none that may be connected to */
};

struct lookup *
lookup_new(const struct lookup_request *r, const struct lookup_means *m)
{
	struct lookup *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return NULL;
	l->request = *r;
	l->means = *m;
	/* The name of a host, unlike the domain's, can be anybody's: of a flood, a victim's. */
	l->turns = 1;
	l->turn_left = r->is_known ? LOOKUP_DNS_SECONDS * MILLISECONDS : LOOKUP_UNKNOWN_WAIT;
	l->learnt = learnt_new(&r->domain);
	if (l->learnt != NULL) {
		l->learnt->can_be_secure = dns_can_be_secure(m->dns);
		return l;
	}
	free(l);
	return NULL;
}

void
lookup_free(struct lookup *l)
{
	if (l == NULL)
		return;
	learnt_free(l->learnt);
	free(l);
}

const struct lookup_request *
lookup_asked(const struct lookup *l)
{
	return &l->request;
}

struct learnt *
lookup_learnt(struct lookup *l)
{
	return l->learnt;
}

/* ---- Asking ---- */

static void
ask(struct lookup *l, const char *name, enum dns_type type, dns_done *take)
{
	const struct dns_answer none = {ANSWER_UNAVAILABLE, false, NULL};

	l->is_waiting = true;
	if (l->is_late || (l->is_cut && l->part == PART_HOSTS) ||
	    !dns_ask(l->means.dns, name, type, take, l))
		take(l, &none);
}

/* The same for a name with a prefix; one that is too long cannot be there. */
static void
ask_below(struct lookup *l, const char *prefix, enum dns_type type, dns_done *take)
{
	const struct dns_answer none = {ANSWER_ABSENT, false, NULL};
	char name[DOMAIN_TEXT];

	l->is_waiting = true;
	if (domain_prefix(prefix, &l->request.domain, name))
		ask(l, name, type, take);
	else
		take(l, &none);
}

static struct lookup *
taken(void *ctx, const struct dns_answer *a)
{
	struct lookup *l = ctx;

	l->is_waiting = false;
	l->learnt->was_served |= a->has_served;
	return l;
}

/* ---- TXT ---- */

/* Joined TXT records of an answer, in memory of its own. */
struct joined {
	struct bytes records[DNS_RECORDS_MAX];
	uint8_t text[UINT16_MAX];
	struct txt_records all;
};

static void
join(const struct dns_answer *a, struct joined *out)
{
	size_t count = a->message != NULL ? a->message->count : 0, used = 0;

	out->all = (struct txt_records){out->records, 0};
	for (size_t i = 0; i < count; i++) {
		struct bytes *record = &out->records[out->all.count];

		if (!txt_join(a->message->rdata[i], out->text + used, sizeof(out->text) - used,
			      record))
			continue;
		used += record->len;
		out->all.count++;
	}
}

static void
take_record(void *ctx, const struct dns_answer *a)
{
	struct lookup *l = taken(ctx, a);
	struct joined joined;

	l->part = PART_TLSRPT;
	l->learnt->sts_answer = a->answer;
	if (!answer_is_known(a->answer))
		return;
	l->learnt->sts_ttl = a->message != NULL ? a->message->ttl : 0;
	join(a, &joined);
	sts_record_read(&joined.all, &l->learnt->sts_record, &l->learnt->sts_problems);
}

static void
take_tlsrpt(void *ctx, const struct dns_answer *a)
{
	struct lookup *l = taken(ctx, a);
	struct joined joined;

	l->part = PART_POLICY_A;
	l->learnt->tlsrpt_answer = a->answer;
	if (!answer_is_known(a->answer))
		return;
	join(a, &joined);
	tlsrpt_read(&joined.all, &l->learnt->tlsrpt, &l->learnt->tlsrpt_problems);
}

/* ---- MX ---- */

/* Where an answer's CNAMEs lead; a name that may not be asked for is none. */
static void
read_alias(const struct dns_answer *a, struct domain *out)
{
	if (a->message == NULL || !a->message->is_alias ||
	    domain_read(bytes_text(a->message->name), out) != DOMAIN_OK)
		out->text[0] = '\0';
}

/* Records of a form that cannot be read make an answer that says nothing. */
static size_t
read_mx(const struct dns_message *m, struct mx_record *records, char (*hosts)[DNS_NAME_TEXT],
	size_t most)
{
	size_t count = 0;

	for (size_t i = 0; m != NULL && i < m->count && count < most; i++) {
		struct mx_record *r = &records[count];

		if (!dns_message_mx(m, i, &r->preference, hosts[count]))
			return 0;
		r->host = bytes_text(hosts[count]);
		count++;
	}
	return count;
}

static void
take_mx(void *ctx, const struct dns_answer *a)
{
	/* One more than count, so that there being more is seen and told. */
	struct mx_record records[MX_HOSTS_MAX + 1];
	char hosts[MX_HOSTS_MAX + 1][DNS_NAME_TEXT];
	struct lookup *l = taken(ctx, a);
	struct learnt *learnt = l->learnt;
	size_t count = read_mx(a->message, records, hosts, MX_HOSTS_MAX + 1);

	l->part = PART_HOSTS;
	learnt->mx_answer =
	    answer_is_present(a->answer) && count == 0 ? ANSWER_UNAVAILABLE : a->answer;
	mx_read(&l->request.domain, learnt->mx_answer, records, count, &learnt->mx,
		&learnt->mx_problems);
	learnt_set_hosts(learnt);
	read_alias(a, &learnt->alias);
}

/* ---- Hosts ---- */

static void
follow(struct learnt_host *h, const struct dns_answer *a)
{
	if (a->message == NULL || !a->message->is_alias)
		return;
	h->dane.is_alias = true;
	read_alias(a, &h->expanded);
}

/* Addresses out of an answer, by length: 4 bytes of A, 16 of AAAA. */
static bool
read_address(struct bytes rdata, size_t len, struct address *out)
{
	*out = (struct address){.family = len == 4 ? 4 : 6};
	if (rdata.len == len)
		memcpy(out->b, rdata.at, len);
	return rdata.len == len;
}

static enum answer
take_addresses(struct lookup *l, const struct dns_answer *a, size_t len)
{
	struct mx_host *host = &l->learnt->mx.hosts[l->host];
	struct address address;

	for (size_t i = 0; a->message != NULL && i < a->message->count; i++) {
		if (!read_address(a->message->rdata[i], len, &address))
			return ANSWER_UNAVAILABLE;
		mx_add_address(host, &address);
	}
	follow(&l->learnt->hosts[l->host], a);
	return a->answer;
}

static void
take_a(void *ctx, const struct dns_answer *a)
{
	struct lookup *l = taken(ctx, a);

	l->learnt->mx.hosts[l->host].is_whole = true;
	l->a = take_addresses(l, a, 4);
	l->has_a = true;
}

static void
take_aaaa(void *ctx, const struct dns_answer *a)
{
	struct lookup *l = taken(ctx, a);
	struct mx_host *host = &l->learnt->mx.hosts[l->host];
	enum answer aaaa = take_addresses(l, a, 16);

	l->learnt->hosts[l->host].dane.address = answer_join(l->a, aaaa);
	host->is_whole = host->is_whole && answer_is_known(l->a) && answer_is_known(aaaa);
	l->has_a = false;
}

static void
take_alias(void *ctx, const struct dns_answer *a)
{
	struct lookup *l = taken(ctx, a);

	l->learnt->hosts[l->host].dane.alias = a->answer;
}

/* Those too short to be read are left out. */
static bool
keep_tlsa(struct lookup *l, const struct dns_message *m, enum dane_base base)
{
	struct tlsa records[DNS_RECORDS_MAX];
	size_t count = 0;

	for (size_t i = 0; i < m->count; i++)
		if (tlsa_read(m->rdata[i], &records[count]))
			tlsa_der_read(&records[count++]);
	return learnt_set_tlsa(l->learnt, l->host, base, records, count);
}

static void
take_tlsa(struct lookup *l, const struct dns_answer *a, enum dane_base base)
{
	struct dane_answers *dane = &l->learnt->hosts[l->host].dane;

	dane->tlsa[base] = a->answer;
	if (a->message != NULL && !keep_tlsa(l, a->message, base))
		dane->tlsa[base] = ANSWER_UNAVAILABLE;
}

static void
take_tlsa_expanded(void *ctx, const struct dns_answer *a)
{
	take_tlsa(taken(ctx, a), a, DANE_BASE_EXPANDED);
}

static void
take_tlsa_original(void *ctx, const struct dns_answer *a)
{
	take_tlsa(taken(ctx, a), a, DANE_BASE_ORIGINAL);
}

static void
ask_tlsa(struct lookup *l, enum dane_base base)
{
	static dns_done *const take[] = {
	    [DANE_BASE_EXPANDED] = take_tlsa_expanded, [DANE_BASE_ORIGINAL] = take_tlsa_original};
	const struct domain *name = base == DANE_BASE_EXPANDED ? &l->learnt->hosts[l->host].expanded
							       : &l->learnt->mx.hosts[l->host].name;
	struct dns_answer none = {ANSWER_ABSENT, false, NULL};
	char owner[DOMAIN_TEXT];

	if (name->text[0] != '\0' && dane_owner(name, LOOKUP_SMTP_PORT, owner)) {
		ask(l, owner, DNS_TLSA, take[base]);
		return;
	}
	/* A name that cannot be asked for may have some all the same; one too long has none. */
	if (name->text[0] == '\0')
		none.answer = ANSWER_UNAVAILABLE;
	take[base](l, &none);
}

static void
ask_host(struct lookup *l)
{
	const char *name = l->learnt->mx.hosts[l->host].name.text;

	switch (dane_next(&l->learnt->hosts[l->host].dane)) {
	case DANE_ASK_MX: /* was answered before there were hosts */
	case DANE_ASK_NOTHING:
		l->host++;
		return;
	case DANE_ASK_ADDRESS:
		if (l->has_a)
			ask(l, name, DNS_AAAA, take_aaaa);
		else
			ask(l, name, DNS_A, take_a);
		return;
	case DANE_ASK_ALIAS:
		ask(l, name, DNS_CNAME, take_alias);
		return;
	case DANE_ASK_TLSA_EXPANDED:
		ask_tlsa(l, DANE_BASE_EXPANDED);
		return;
	case DANE_ASK_TLSA_ORIGINAL:
		ask_tlsa(l, DANE_BASE_ORIGINAL);
		return;
	}
}

/* ---- The policy ---- */

static bool
wants_policy(const struct lookup *l)
{
	struct sts_cache cache = l->request.cache;
	struct sts_event e = {.kind = STS_SAW_RECORD, .time = l->request.now};

	if (!answer_is_known(l->learnt->sts_answer) ||
	    l->learnt->sts_record.state != STS_RECORD_FOUND)
		return false;
	memcpy(e.id, l->learnt->sts_record.id, sizeof(e.id));
	cache = sts_cache_after(cache, &e);
	return sts_cache_next(&cache, l->request.now) == STS_FETCH_POLICY;
}

static bool
has_address(const struct lookup *l, const struct address *a)
{
	for (size_t i = 0; i < l->address_count; i++)
		if (address_equal(&l->addresses[i], a))
			return true;
	return false;
}

/* Bytes of the answer that is no address are no address to connect to. */
static void
keep_addresses(struct lookup *l, const struct dns_answer *a, size_t len)
{
	struct address address;

	for (size_t i = 0; a->message != NULL && i < a->message->count; i++) {
		if (!read_address(a->message->rdata[i], len, &address) ||
		    l->address_count == HTTPS_ADDRESSES_MAX)
			continue;
		if (!l->means.is_private && !reach_is_public(&address))
			l->is_unreachable = true;
		else if (!has_address(l, &address))
			l->addresses[l->address_count++] = address;
	}
}

static void
fail_fetch(struct lookup *l, const char *what)
{
	l->learnt->fetch = LEARNT_NO_FETCH;
	l->part = PART_DONE;
	problems_add(&l->learnt->sts_problems, "The policy host mta-sts.%s %s.",
		     quoted(domain_bytes(&l->request.domain)).text, what);
}

static void
take_policy_aaaa(void *ctx, const struct dns_answer *a)
{
	struct lookup *l = taken(ctx, a);

	keep_addresses(l, a, 16);
	l->policy_answer = answer_join(l->policy_answer, a->answer);
	l->part = PART_FETCH;
	if (l->address_count > 0)
		return;
	if (l->is_unreachable)
		fail_fetch(l, "has only addresses outside the public Internet, which are not "
			      "connected to (--lookup-private allows it)");
	else if (answer_is_known(l->policy_answer))
		fail_fetch(l, "has no address, so that its policy cannot be fetched (RFC 8461 "
			      "section 3.3)");
	else
		fail_fetch(l, "cannot be resolved: the DNS fails, so that its policy cannot be "
			      "fetched (RFC 8461 section 3.3)");
}

static void
take_policy_a(void *ctx, const struct dns_answer *a)
{
	struct lookup *l = taken(ctx, a);

	/* Room for some of the other family. */
	keep_addresses(l, a, 4);
	if (l->address_count > HTTPS_ADDRESSES_MAX / 2)
		l->address_count = HTTPS_ADDRESSES_MAX / 2;
	l->policy_answer = a->answer;
	l->part = PART_POLICY_AAAA;
}

static void
take_policy(void *ctx, const struct https_answer *a)
{
	struct lookup *l = ctx;
	struct learnt *learnt = l->learnt;

	l->is_waiting = l->is_fetching = false;
	l->part = PART_DONE;
	if (a->result == HTTPS_OUR_FAULT)
		return;
	learnt->fetch = LEARNT_NO_FETCH;
	if (a->result != HTTPS_ANSWERED)
		https_explain(a->result, &l->request.domain, &learnt->sts_problems);
	else if (sts_fetch_judge(&a->response, &learnt->sts_problems) == STS_FETCH_OK)
		learnt->fetch =
		    learnt_set_text(learnt, a->body) ? LEARNT_FETCHED : LEARNT_NOT_TRIED;
}

size_t
lookup_fetch_addresses(const struct lookup *l, const struct address **out)
{
	*out = l->addresses;
	return l->address_count;
}

void
lookup_fetch(struct lookup *l)
{
	const struct https_request r = {&l->request.domain, l->addresses, l->address_count};

	l->is_waiting = l->is_fetching = true;
	if (https_fetch(l->means.https, &r, take_policy, l))
		return;
	l->is_waiting = l->is_fetching = false;
	l->part = PART_DONE; /* not tried: memory is refused */
}

/* ---- The order ---- */

static void
ask_next(struct lookup *l)
{
	switch (l->part) {
	case PART_MX:
		ask(l, l->request.domain.text, DNS_MX, take_mx);
		return;
	case PART_HOSTS:
		if (l->host < l->learnt->mx.count)
			ask_host(l);
		else
			l->part = PART_RECORD;
		return;
	case PART_RECORD:
		ask_below(l, PREFIX_STS, DNS_TXT, take_record);
		return;
	case PART_TLSRPT:
		ask_below(l, PREFIX_TLSRPT, DNS_TXT, take_tlsrpt);
		return;
	case PART_POLICY_A:
		if (wants_policy(l))
			ask_below(l, PREFIX_POLICY, DNS_A, take_policy_a);
		else
			l->part = PART_DONE;
		return;
	case PART_POLICY_AAAA:
		ask_below(l, PREFIX_POLICY, DNS_AAAA, take_policy_aaaa);
		return;
	case PART_FETCH:
	case PART_DONE:
		return;
	}
}

static bool
wants_turn(const struct lookup *l)
{
	return l->part == PART_HOSTS && l->host < l->learnt->mx.count && l->host >= l->turns &&
	       !l->is_late && !l->is_cut;
}

void
lookup_turn(struct lookup *l, int64_t now)
{
	l->turn_left -= now - l->turn_since;
	l->turn_since = 0;
	l->turns++;
}

/* Until there is something to wait for. */
static void
ask_on(struct lookup *l, int64_t now)
{
	while (!l->is_waiting && !wants_turn(l) && l->part != PART_FETCH && l->part != PART_DONE)
		ask_next(l);
	if (!wants_turn(l))
		return;
	if (l->turn_since == 0)
		l->turn_since = now;
	if (now - l->turn_since < l->turn_left)
		return;
	l->is_cut = true;
	ask_on(l, now);
}

/* Has it waited for its fetch for too long? */
static bool
is_tired(struct lookup *l, int64_t now)
{
	int64_t wait = l->request.cache.is_known ? LOOKUP_FETCH_WAIT : LOOKUP_UNKNOWN_WAIT;

	if (l->fetch_until == 0)
		l->fetch_until = now + wait;
	return now >= l->fetch_until;
}

enum lookup_stand
lookup_step(struct lookup *l, int64_t now)
{
	if (!l->is_begun) {
		l->is_begun = true;
		l->dns_until = now + LOOKUP_DNS_SECONDS * MILLISECONDS;
		l->hosts_until = now + LOOKUP_HOSTS_SECONDS * MILLISECONDS;
		l->part_from = now + LOOKUP_PART_AFTER;
	}
	l->is_late = now >= l->dns_until;
	l->is_cut = l->is_cut || now >= l->hosts_until;
	ask_on(l, now);
	if (l->is_waiting)
		return LOOKUP_WAITS;
	if (wants_turn(l))
		return LOOKUP_WANTS_TURN;
	if (l->part == PART_FETCH && is_tired(l, now))
		l->part = PART_DONE; /* not tried */
	return l->part == PART_FETCH ? LOOKUP_WANTS_FETCH : LOOKUP_DONE;
}

bool
lookup_has_part(struct lookup *l, int64_t now)
{
	if (l->part_from == 0 || now < l->part_from || l->part <= PART_HOSTS ||
	    l->part == PART_DONE || !answer_is_known(l->learnt->mx_answer))
		return false;
	l->part_from = 0;
	return true;
}
