/* What was learnt of one domain; see learnt.h. */
#include "monitor/policy/learnt.h"

#include <openssl/evp.h>
#include <stdlib.h>

struct learnt *
learnt_new(const struct domain *domain)
{
	struct learnt *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return NULL;
	l->domain = *domain;
	l->sts_record.state = STS_RECORD_ABSENT;
	l->tlsrpt.state = TLSRPT_ABSENT;
	return l;
}

void
learnt_free(struct learnt *l)
{
	if (l == NULL)
		return;
	for (size_t i = 0; i < MX_HOSTS_MAX; i++)
		for (size_t base = 0; base < 2; base++)
			free(l->hosts[i].blocks[base]);
	free(l->text_copy);
	free(l);
}

bool
learnt_set_text(struct learnt *l, struct bytes text)
{
	uint8_t *copy = malloc(text.len + 1);

	if (copy == NULL)
		return false;
	if (text.len > 0)
		memcpy(copy, text.at, text.len);
	free(l->text_copy);
	l->text_copy = copy;
	l->text = (struct bytes){copy, text.len};
	return true;
}

/* One block: the records, then the bytes that they are views of. */
static void *
copy_tlsa(const struct tlsa *from, size_t count, size_t bytes, struct tlsa_set *out)
{
	struct tlsa *records = malloc(count * sizeof(*records) + bytes + 1);
	uint8_t *at;

	if (records == NULL)
		return NULL;
	at = (uint8_t *)(records + count);
	for (size_t i = 0; i < count; i++) {
		records[i] = from[i];
		records[i].data.at = at;
		if (from[i].data.len > 0)
			memcpy(at, from[i].data.at, from[i].data.len);
		at += from[i].data.len;
	}
	*out = (struct tlsa_set){records, count};
	return records;
}

bool
learnt_set_tlsa(struct learnt *l, size_t host, enum dane_base base, const struct tlsa *records,
		size_t count)
{
	struct learnt_host *h = &l->hosts[host];
	size_t bytes = 0;
	void *block;

	if (count > LEARNT_TLSA_RECORDS)
		return false;
	for (size_t i = 0; i < count; i++)
		bytes += records[i].data.len;
	if (bytes > LEARNT_TLSA_BYTES - l->tlsa_bytes)
		return false;
	block = copy_tlsa(records, count, bytes, &h->dane.records[base]);
	if (block == NULL)
		return false;
	free(h->blocks[base]);
	h->blocks[base] = block;
	l->tlsa_bytes += bytes;
	return true;
}

void
learnt_set_hosts(struct learnt *l)
{
	for (size_t i = 0; i < l->mx.count; i++) {
		l->hosts[i].dane.mx = l->mx_answer;
		l->hosts[i].expanded = l->mx.hosts[i].name;
	}
}

void
learnt_part(const struct learnt *l, struct learnt *out)
{
	*out = *l;
	out->is_part = true;
	out->sts_answer = out->tlsrpt_answer = ANSWER_UNASKED;
	out->sts_ttl = 0;
	out->sts_record = (struct sts_record){.state = STS_RECORD_ABSENT};
	out->fetch = LEARNT_NOT_TRIED;
	out->text = (struct bytes){0};
	out->tlsrpt = (struct tlsrpt){.state = TLSRPT_ABSENT};
	out->sts_problems = out->tlsrpt_problems = (struct problems){0};
}

static struct sts_event
record_event(const struct learnt *l, int64_t now)
{
	struct sts_event e = {.kind = STS_NO_ANSWER, .time = now, .ttl = l->sts_ttl};

	if (!answer_is_known(l->sts_answer))
		return e;
	switch (l->sts_record.state) {
	case STS_RECORD_FOUND:
		e.kind = STS_SAW_RECORD;
		memcpy(e.id, l->sts_record.id, sizeof(e.id));
		break;
	case STS_RECORD_ABSENT:
		e.kind = STS_NO_RECORD;
		break;
	case STS_RECORD_INVALID:
		e.kind = STS_BAD_RECORD;
		break;
	}
	return e;
}

static struct sts_event
policy_event(struct learnt *l, int64_t now)
{
	struct sts_event e = {.kind = STS_NO_POLICY, .time = now};
	struct sts_policy policy;

	if (l->fetch == LEARNT_NO_FETCH)
		return e;
	sts_policy_read(l->text, &policy, &l->sts_problems);
	e.kind = policy.is_valid ? STS_SAW_POLICY : STS_BAD_POLICY;
	e.mode = policy.mode;
	e.max_age = policy.max_age;
	memcpy(e.id, l->sts_record.id, sizeof(e.id));
	EVP_Digest(l->text.at, l->text.len, e.digest, NULL, EVP_sha256(), NULL);
	return e;
}

size_t
learnt_sts_events(struct learnt *l, int64_t now, struct sts_event out[LEARNT_EVENTS])
{
	if (l->sts_answer == ANSWER_UNASKED)
		return 0;
	out[0] = record_event(l, now);
	if (l->fetch == LEARNT_NOT_TRIED)
		return 1;
	out[1] = policy_event(l, now);
	return 2;
}
