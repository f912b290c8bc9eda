#include "monitor/policy/book.h"

#include <stdlib.h>
#include <string.h>

struct page {
	struct known_policy *known; /* one block with all that it points to; NULL: none */
	uint64_t used;
	uint64_t places; /* a bit for each name and address of its hosts: which may be among them */
};

struct policy_book {
	struct page pages[BOOK_MAX];
	uint64_t uses;
};

struct policy_book *
book_new(void)
{
	return calloc(1, sizeof(struct policy_book));
}

void
book_free(struct policy_book *b)
{
	if (b == NULL)
		return;
	for (size_t i = 0; i < BOOK_MAX; i++)
		free(b->pages[i].known);
	free(b);
}

static size_t
size_of_sets(const struct known_policy *k)
{
	size_t size = 0;

	for (size_t host = 0; host < k->mx.count; host++)
		for (size_t base = 0; base < 2; base++) {
			const struct tlsa_set *set = &k->dane[host].records[base];

			size += set->count * sizeof(struct tlsa);
			for (size_t i = 0; i < set->count; i++)
				size += set->records[i].data.len;
		}
	return size;
}

/* All arrays of records first, for these must be aligned; then bytes. */
static uint8_t *
copy_sets(struct known_policy *to, uint8_t *at)
{
	for (size_t host = 0; host < to->mx.count; host++)
		for (size_t base = 0; base < 2; base++) {
			struct tlsa_set *set = &to->dane[host].records[base];
			size_t size = set->count * sizeof(struct tlsa);

			if (size > 0)
				memcpy(at, set->records, size);
			set->records = (const struct tlsa *)(void *)at;
			at += size;
		}
	return at;
}

static uint8_t *
copy_bytes(struct bytes *b, uint8_t *at)
{
	if (b->len > 0)
		memcpy(at, b->at, b->len);
	b->at = at;
	return at + b->len;
}

static uint8_t *
copy_data(struct known_policy *to, uint8_t *at)
{
	for (size_t host = 0; host < to->mx.count; host++)
		for (size_t base = 0; base < 2; base++) {
			const struct tlsa_set *set = &to->dane[host].records[base];
			/* The array lies in this same block, which is ours to write. */
			struct tlsa *records = (struct tlsa *)(uintptr_t)set->records;

			for (size_t i = 0; i < set->count; i++)
				at = copy_bytes(&records[i].data, at);
		}
	return at;
}

static struct known_policy *
copy_of(const struct known_policy *known)
{
	struct known_policy *to = malloc(sizeof(*to) + size_of_sets(known) + known->sts.text.len);
	uint8_t *at;

	if (to == NULL)
		return NULL;
	*to = *known;
	at = copy_sets(to, (uint8_t *)(to + 1));
	at = copy_data(to, at);
	copy_bytes(&to->sts.text, at);
	return to;
}

/* FNV-1a: a collision costs a look, no more. */
static uint64_t
bit_of(struct bytes place)
{
	uint64_t hash = UINT64_C(14695981039346656037);

	for (size_t i = 0; i < place.len; i++)
		hash = (hash ^ place.at[i]) * UINT64_C(1099511628211);
	return UINT64_C(1) << (hash >> 58);
}

static uint64_t
bit_of_address(const struct address *a)
{
	return bit_of((struct bytes){a->b, a->family == 4 ? 4 : 16});
}

static uint64_t
bits_of_hosts(const struct known_policy *known)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < known->mx.count; i++) {
		const struct mx_host *host = &known->mx.hosts[i];

		bits |=
		    bit_of(domain_bytes(&host->name)) | bit_of(domain_bytes(&known->expanded[i]));
		for (size_t k = 0; k < host->address_count; k++)
			bits |= bit_of_address(&host->addresses[k]);
	}
	return bits;
}

static struct page *
page_of(struct policy_book *b, struct bytes domain)
{
	for (size_t i = 0; i < BOOK_MAX; i++)
		if (b->pages[i].known != NULL &&
		    bytes_equal(domain_bytes(&b->pages[i].known->domain), domain))
			return &b->pages[i];
	return NULL;
}

static struct page *
oldest_page(struct policy_book *b)
{
	struct page *oldest = &b->pages[0];

	for (size_t i = 0; i < BOOK_MAX; i++) {
		if (b->pages[i].known == NULL)
			return &b->pages[i];
		if (b->pages[i].used < oldest->used)
			oldest = &b->pages[i];
	}
	return oldest;
}

bool
book_put(struct policy_book *b, const struct known_policy *known)
{
	struct known_policy *copy = copy_of(known);
	struct page *page = page_of(b, domain_bytes(&known->domain));

	if (copy == NULL)
		return false;
	if (page == NULL)
		page = oldest_page(b);
	free(page->known);
	*page = (struct page){copy, ++b->uses, bits_of_hosts(copy)};
	return true;
}

const struct known_policy *
book_find(struct policy_book *b, struct bytes domain)
{
	struct page *page = page_of(b, domain);

	if (page == NULL)
		return NULL;
	page->used = ++b->uses;
	return page->known;
}

size_t
book_at(struct policy_book *b, const struct address *server, const struct domain *asked,
	const struct known_policy **out, size_t most)
{
	uint64_t bit =
	    asked->text[0] != '\0' ? bit_of(domain_bytes(asked)) : bit_of_address(server);
	size_t count = 0;

	for (size_t i = 0; i < BOOK_MAX && count < most; i++) {
		struct page *p = &b->pages[i];

		if (p->known == NULL || (p->places & bit) == 0 ||
		    !destination_is_at(p->known, server, asked))
			continue;
		p->used = ++b->uses;
		out[count++] = p->known;
	}
	return count;
}
