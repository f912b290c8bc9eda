/*
 * What filters compare: networks and domains. Pure; knows no SQL.
 */
#ifndef DB_MATCH_H
#define DB_MATCH_H

#include <stdbool.h>
#include <stdint.h>

/* A network to filter by. */
struct network {
	int family; /* 4 or 6; 0: every address */
	int bits;
	uint8_t address[16]; /* IPv4 in the first four */
};

/*
 * "192.0.2.7", "192.0.2.0/24", "2001:db8::/32": false where it is none of these. IPv4-mapped
 * ones, "::ffff:192.0.2.0/120", are networks of IPv4.
 */
bool network_of(const char *text, struct network *out);

/* Whether the address, as inet_ntop writes it, lies in the network. */
bool network_holds(const struct network *n, const char *address);

#define ADDRESS_RANGE_MAX 64 /* bytes of such a text, NUL included */

/* Whether it is one address, and that as inet_ntop writes it. */
bool network_is_address(const struct network *n, char text[ADDRESS_RANGE_MAX]);

/*
 * Two texts that those of all its addresses lie between, both excluded, by bytes. Others may lie
 * there, too: the text of a network ends at a whole number, and in IPv6 before the first zero.
 */
void network_text_range(const struct network *n, char low[ADDRESS_RANGE_MAX],
			char high[ADDRESS_RANGE_MAX]);

/* Bits of the network that stands for a client, and bytes of its text, NUL included. */
#define CLIENT_BITS_4      24
#define CLIENT_BITS_6      64
#define CLIENT_NETWORK_MAX 64

/*
 * The network of a client, as incidents and hourly counts have it:
 * "192.0.2.0/24", "2001:db8::/64". False, and the text as it is, where it is no
 * address.
 */
bool client_network(const char *address, char out[CLIENT_NETWORK_MAX]);

/* Whether it holds some of such a network and not others; none for one of no family. */
bool network_tells_clients_apart(const struct network *n);

/*
 * Whether a domain is the filter's; with a leading dot in the filter also
 * whether it lies under it. ASCII letters are equal but for case.
 */
bool domain_matches(const char *domain, const char *filter);

#endif
