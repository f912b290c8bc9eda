/* Addresses of the public Internet; see reach.h. */
#include "monitor/policy/reach.h"

struct block {
	uint8_t at[16];
	uint8_t bits;
};

static const struct block special4[] = {
    {{0}, 8},             /* "this network", RFC 791 section 3.2 */
    {{10}, 8},            /* RFC 1918 */
    {{100, 64}, 10},      /* shared, RFC 6598 */
    {{127}, 8},           /* loopback, RFC 1122 section 3.2.1.3 */
    {{169, 254}, 16},     /* link-local, RFC 3927 */
    {{172, 16}, 12},      /* RFC 1918 */
    {{192, 0, 0}, 24},    /* protocol assignments, RFC 6890 */
    {{192, 0, 2}, 24},    /* documentation, RFC 5737 */
    {{192, 31, 196}, 24}, /* AS112, RFC 7535 */
    {{192, 52, 193}, 24}, /* AMT, RFC 7450 */
    {{192, 88, 99}, 24},  /* 6to4 relays, RFC 7526 */
    {{192, 168}, 16},     /* RFC 1918 */
    {{192, 175, 48}, 24}, /* AS112, RFC 7534 */
    {{198, 18}, 15},      /* benchmarks, RFC 2544 */
    {{198, 51, 100}, 24}, /* documentation, RFC 5737 */
    {{203, 0, 113}, 24},  /* the same */
    {{224}, 4},           /* multicast, RFC 1112 */
    {{240}, 4},           /* reserved, and broadcast, RFC 1112 section 4 */
};

/* All that is public lies in 2000::/3; what of it is not: */
static const struct block global6 = {{0x20}, 3};
static const struct block special6[] = {
    {{0x20, 0x01}, 23},             /* protocol assignments: Teredo, ORCHID, benchmarks; RFC 2928 */
    {{0x20, 0x01, 0x0d, 0xb8}, 32}, /* documentation, RFC 3849 */
    {{0x20, 0x02}, 16},             /* 6to4: holds an IPv4 address, RFC 3056 */
    {{0x26, 0x20, 0x00, 0x4f, 0x80}, 48}, /* AS112, RFC 7534 */
    {{0x3f, 0xff}, 20},                   /* documentation, RFC 9637 */
};

static bool
is_in(const struct block *block, const uint8_t *b)
{
	size_t whole = block->bits / 8;
	unsigned rest = block->bits % 8;

	if (memcmp(block->at, b, whole) != 0)
		return false;
	return rest == 0 || (block->at[whole] ^ b[whole]) >> (8 - rest) == 0;
}

static bool
is_in_any(const struct block *blocks, size_t count, const uint8_t *b)
{
	for (size_t i = 0; i < count; i++)
		if (is_in(&blocks[i], b))
			return true;
	return false;
}

bool
reach_is_public(const struct address *a)
{
	if (a->family == 4)
		return !is_in_any(special4, sizeof(special4) / sizeof(special4[0]), a->b);
	return a->family == 6 && is_in(&global6, a->b) &&
	       !is_in_any(special6, sizeof(special6) / sizeof(special6[0]), a->b);
}
