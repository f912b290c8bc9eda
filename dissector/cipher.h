/*
 * Numbers of the TLS registries to their names.
 *
 * The table behind tls_cipher_name; versions and alerts stand beside it in
 * cipher.c. What a name is worth is the judge's.
 */
#ifndef DISSECTOR_CIPHER_H
#define DISSECTOR_CIPHER_H

#include <stddef.h>
#include <stdint.h>

struct cipher {
	uint16_t id;
	const char *name; /* as the IANA's registry of TLS cipher suites has it */
};

extern const struct cipher cipher_names[]; /* sorted by id, each once */
extern const size_t cipher_count;

#endif
