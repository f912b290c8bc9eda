/*
 * Addresses as text, as inet_ntop(3) writes them, and the network that stands
 * for a client: /24 or /64.
 */
#ifndef MONITOR_ADDRESS_H
#define MONITOR_ADDRESS_H

#include <netinet/in.h>

#include "dissector/packet.h"

#define NETWORK_TEXT_MAX (INET6_ADDRSTRLEN + 4)

void address_text(const struct address *a, char out[INET6_ADDRSTRLEN]);
void network_text(const struct address *a, char out[NETWORK_TEXT_MAX]);

#endif
