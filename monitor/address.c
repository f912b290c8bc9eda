#include "monitor/address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "db/match.h"

void
address_text(const struct address *a, char out[INET6_ADDRSTRLEN])
{
	if (inet_ntop(a->family == 4 ? AF_INET : AF_INET6, a->b, out, INET6_ADDRSTRLEN) == NULL)
		out[0] = '\0';
}

void
network_text(const struct address *a, char out[NETWORK_TEXT_MAX])
{
	int bits = a->family == 4 ? CLIENT_BITS_4 : CLIENT_BITS_6;
	size_t kept = (size_t)bits / 8;
	char text[INET6_ADDRSTRLEN];
	struct address net = *a;

	memset(net.b + kept, 0, sizeof(net.b) - kept);
	address_text(&net, text);
	snprintf(out, NETWORK_TEXT_MAX, "%s/%d", text, bits);
}
