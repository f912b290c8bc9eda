/*
 * A domain's MX hosts beside addresses as text, as the database has them.
 */
#ifndef MONITOR_MX_TEXT_H
#define MONITOR_MX_TEXT_H

#include "monitor/policy/mx.h"

/* Bytes of the list of all addresses that a set can have, each with its quotes and comma. */
#define MX_TEXT_MAX (MX_HOSTS_MAX * MX_ADDRESSES_MAX * (45 + 3) + 3)

/* The addresses of all hosts as a JSON array. */
void mx_text_addresses(const struct mx_set *set, char out[MX_TEXT_MAX]);

/* mx_has_address of an address as inet_ntop writes it; UNSEEN of what is no address. */
enum fact mx_text_has(const struct mx_set *set, const char *address, const struct mx_host **which);

#endif
