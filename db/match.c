#include "db/match.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MAPPED_BITS 96 /* of ::ffff:0:0, before the IPv4 address */

/* Both families' text; false for anything else. */
static bool
read_address(const char *text, struct network *out)
{
	*out = (struct network){0};
	if (inet_pton(AF_INET, text, out->address) == 1) {
		out->family = 4;
		out->bits = 32;
		return true;
	}
	if (inet_pton(AF_INET6, text, out->address) == 1) {
		out->family = 6;
		out->bits = 128;
		return true;
	}
	return false;
}

/* A prefix length of one to three digits, at most the family's. */
static bool
read_bits(const char *text, int *bits)
{
	size_t len = strspn(text, "0123456789");
	long value;

	if (len == 0 || len > 3 || text[len] != '\0')
		return false;
	value = strtol(text, NULL, 10);
	if (value > *bits)
		return false;
	*bits = (int)value;
	return true;
}

/* An IPv4 address in IPv6's form, RFC 4291 section 2.5.5.2, is an IPv4 address: as such it is seen.
 */
static void
unmap(struct network *n)
{
	static const uint8_t mapped[MAPPED_BITS / 8] = {[10] = 0xff, [11] = 0xff};

	if (n->family != 6 || n->bits < MAPPED_BITS ||
	    memcmp(n->address, mapped, sizeof(mapped)) != 0)
		return;
	n->family = 4;
	n->bits -= MAPPED_BITS;
	memmove(n->address, n->address + sizeof(mapped), 4);
	memset(n->address + 4, 0, sizeof(n->address) - 4);
}

bool
network_of(const char *text, struct network *out)
{
	char address[INET6_ADDRSTRLEN];
	size_t len = strcspn(text, "/");

	if (len >= sizeof(address))
		return false;
	memcpy(address, text, len);
	address[len] = '\0';
	if (!read_address(address, out) ||
	    (text[len] != '\0' && !read_bits(text + len + 1, &out->bits)))
		return false;
	unmap(out);
	return true;
}

bool
network_holds(const struct network *n, const char *address)
{
	struct network one;
	size_t whole = (size_t)n->bits / 8;
	int rest = n->bits % 8;
	uint8_t mask = (uint8_t)(0xff << (8 - rest));

	if (n->family == 0)
		return true;
	if (!read_address(address, &one) || one.family != n->family)
		return false;
	if (memcmp(one.address, n->address, whole) != 0)
		return false;
	return rest == 0 || ((one.address[whole] ^ n->address[whole]) & mask) == 0;
}

bool
network_is_address(const struct network *n, char text[ADDRESS_RANGE_MAX])
{
	int family = n->family == 4 ? AF_INET : AF_INET6;

	return n->family != 0 && n->bits == (n->family == 4 ? 32 : 128) &&
	       inet_ntop(family, n->address, text, ADDRESS_RANGE_MAX) != NULL;
}

void
network_text_range(const struct network *n, char low[ADDRESS_RANGE_MAX],
		   char high[ADDRESS_RANGE_MAX])
{
	size_t size = n->family == 4 ? 1 : 2, len = 0;
	size_t wholes = n->family == 0 ? 0 : (size_t)n->bits / 8 / size;

	low[0] = '\0';
	for (size_t i = 0; i < wholes; i++) {
		const uint8_t *at = &n->address[i * size];
		unsigned part = size == 1 ? at[0] : (unsigned)at[0] << 8 | at[1];

		if (size == 2 && part == 0)
			break;
		len += (size_t)snprintf(low + len, ADDRESS_RANGE_MAX - len,
					size == 1 ? "%u." : "%x:", part);
	}
	snprintf(high, ADDRESS_RANGE_MAX, "%s", len == 0 ? "g" : low);
	/* Behind the last dot or colon. */
	if (len > 0)
		high[len - 1]++;
}

bool
client_network(const char *address, char out[CLIENT_NETWORK_MAX])
{
	char text[INET6_ADDRSTRLEN];
	struct network net;
	int bits;
	size_t kept;

	if (!read_address(address, &net)) {
		snprintf(out, CLIENT_NETWORK_MAX, "%s", address);
		return false;
	}
	bits = net.family == 4 ? CLIENT_BITS_4 : CLIENT_BITS_6;
	kept = (size_t)bits / 8;
	memset(net.address + kept, 0, sizeof(net.address) - kept);
	inet_ntop(net.family == 4 ? AF_INET : AF_INET6, net.address, text, sizeof(text));
	snprintf(out, CLIENT_NETWORK_MAX, "%s/%d", text, bits);
	return true;
}

bool
network_tells_clients_apart(const struct network *n)
{
	return n->family != 0 && n->bits > (n->family == 4 ? CLIENT_BITS_4 : CLIENT_BITS_6);
}

bool
domain_matches(const char *domain, const char *filter)
{
	size_t domain_len = strlen(domain);
	size_t filter_len = strlen(filter);

	if (filter[0] != '.')
		return strcasecmp(domain, filter) == 0;
	if (strcasecmp(domain, filter + 1) == 0)
		return true;
	return domain_len > filter_len && strcasecmp(domain + domain_len - filter_len, filter) == 0;
}
