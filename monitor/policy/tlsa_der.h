/*
 * What a TLSA record holds in full, RFC 6698 section 2.1.3: a certificate or a key in DER, read
 * by OpenSSL. It is hostile, so this belongs where the sandbox is: in the checker, whose word
 * the keeper takes without reading it again.
 */
#ifndef MONITOR_POLICY_TLSA_DER_H
#define MONITOR_POLICY_TLSA_DER_H

#include "monitor/policy/tlsa.h"

/* Fill is_der and subject of a record of matching type 0; of another nothing is done. */
void tlsa_der_read(struct tlsa *t);

#endif
