/*
 * Certificates and digests for the dissector, by OpenSSL: the hooks of struct
 * digests in dissector/tls.h.
 *
 * Reads hostile DER, so it belongs where the sandbox is. Once made it opens no
 * file and asks no clock: validity is judged at the time of the session, trust
 * against the CA file that was given at the start. Never says whether a session
 * is good; it tells what the chain is.
 */
#ifndef MONITOR_CERTIFICATE_H
#define MONITOR_CERTIFICATE_H

#include <stdio.h>

#include "dissector/tls.h"

struct certifier;

/*
 * Make one. ca_file (PEM) is read to its end and stays the caller's; NULL:
 * trust stays unseen. NULL, and one line in why, where it holds no certificate
 * or cannot be read. Fetches everything of OpenSSL that the hooks need.
 */
struct certifier *certifier_new(FILE *ca_file, char *why, size_t why_size);

void certifier_free(struct certifier *c);

/*
 * The hooks; their ctx is c, which must outlive them. A digest that this
 * OpenSSL does not give is NULL. One certifier at a time gives digests.
 */
struct digests certifier_digests(struct certifier *c);

#endif
