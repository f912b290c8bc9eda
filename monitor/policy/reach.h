/*
 * Where the program may connect to because of what the DNS says: the public
 * Internet alone, so that an answer cannot turn it on the network that it runs in.
 * Pure.
 */
#ifndef MONITOR_POLICY_REACH_H
#define MONITOR_POLICY_REACH_H

#include "dissector/packet.h"

/*
 * Not loopback, private, shared, link-local, unique local, multicast, broadcast,
 * unspecified, reserved, for benchmarks or documentation, by the registries of
 * special-purpose addresses (RFC 6890), nor an IPv6 address that holds any IPv4
 * address: mapped, compatible, translated (RFC 6052, RFC 8215), 6to4, Teredo.
 */
bool reach_is_public(const struct address *a);

#endif
