/* Messages of the DNS, built by hand for tests: questions and answers as a resolver sends them. */
#ifndef TESTS_DNS_BUILD_H
#define TESTS_DNS_BUILD_H

#include <assert.h>
#include <string.h>

#include "monitor/policy/dns_message.h"

struct dns_build {
	uint8_t at[UINT16_MAX + 1];
	size_t len;
};

static inline void
build_u16(struct dns_build *b, unsigned v)
{
	assert(b->len + 2 <= sizeof(b->at));
	b->at[b->len++] = (uint8_t)(v >> 8);
	b->at[b->len++] = (uint8_t)v;
}

static inline void
build_bytes(struct dns_build *b, const void *bytes, size_t len)
{
	assert(b->len + len <= sizeof(b->at));
	memcpy(b->at + b->len, bytes, len);
	b->len += len;
}

/* "mx.example.com" as labels. */
static inline void
build_name(struct dns_build *b, const char *name)
{
	while (*name != '\0') {
		size_t len = strcspn(name, ".");
		uint8_t one = (uint8_t)len;

		build_bytes(b, &one, 1);
		build_bytes(b, name, len);
		name += len + (name[len] == '.');
	}
	build_bytes(b, "", 1);
}

/* Header with one question; the counts of what follows are set by build_count. */
static inline void
build_begin(struct dns_build *b, unsigned flags, const char *name, unsigned type)
{
	static const uint8_t counts[8] = {0, 1};

	b->len = 0;
	build_u16(b, 0x1234);
	build_u16(b, flags);
	build_bytes(b, counts, sizeof(counts));
	build_name(b, name);
	build_u16(b, type);
	build_u16(b, 1);
}

/* section: 1 answers, 2 authority, 3 additional. */
static inline void
build_count(struct dns_build *b, unsigned section, unsigned count)
{
	b->at[4 + 2 * section] = (uint8_t)(count >> 8);
	b->at[5 + 2 * section] = (uint8_t)count;
}

static inline void
build_record(struct dns_build *b, const char *owner, unsigned type, uint32_t ttl, const void *rdata,
	     size_t len)
{
	build_name(b, owner);
	build_u16(b, type);
	build_u16(b, 1);
	build_u16(b, ttl >> 16);
	build_u16(b, ttl & 0xffff);
	build_u16(b, (unsigned)len);
	build_bytes(b, rdata, len);
}

static inline void
build_cname(struct dns_build *b, const char *owner, const char *target, uint32_t ttl)
{
	static struct dns_build name;

	name.len = 0;
	build_name(&name, target);
	build_record(b, owner, DNS_CNAME, ttl, name.at, name.len);
}

static inline struct bytes
build_view(const struct dns_build *b)
{
	return (struct bytes){b->at, b->len};
}

#endif
