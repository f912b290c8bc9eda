/*
 * A number for the name of a subject or an issuer, to tell names apart where the
 * certificates are not at hand together. Names that RFC 5280 section 7.1 takes for the same
 * have the same; others may, rarely: it can say that two differ, and never that they do not.
 */
#ifndef MONITOR_NAME_HASH_H
#define MONITOR_NAME_HASH_H

#include <openssl/x509.h>
#include <stdint.h>

/* 0: not known. */
uint32_t name_hash(const X509_NAME *name);

#endif
