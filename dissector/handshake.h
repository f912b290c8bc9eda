/*
 * Bodies of TLS handshake messages to structs: hellos, certificate chains.
 *
 * RFC 8446 sections 4.1 to 4.2, RFC 5246 section 7.4, RFC 6066 (server name),
 * RFC 7301 (ALPN), RFC 7507 (fallback). Pure: every view borrows from the body
 * that was given. Remembers nothing, judges nothing.
 */
#ifndef DISSECTOR_HANDSHAKE_H
#define DISSECTOR_HANDSHAKE_H

#include "dissector/session.h"

#define CIPHER_FALLBACK_SCSV 0x5600 /* RFC 7507 section 2 */

/* Extensions that are read, by their number. */
enum extension_type {
	EXTENSION_SERVER_NAME = 0,
	EXTENSION_GROUPS = 10,
	EXTENSION_POINT_FORMATS = 11,
	EXTENSION_SIGNATURE_ALGORITHMS = 13,
	EXTENSION_ALPN = 16,
	EXTENSION_PRE_SHARED_KEY = 41,
	EXTENSION_EARLY_DATA = 42,
	EXTENSION_SUPPORTED_VERSIONS = 43
};

/* Lists are the bare values, two bytes each unless said otherwise; empty where absent or broken. */
struct client_hello {
	uint16_t legacy_version;
	struct bytes ciphers;
	struct bytes extensions; /* for extension_next */
	struct bytes sni;        /* the first host name */
	struct bytes alpn;       /* the first protocol offered */
	struct bytes versions;   /* supported_versions */
	struct bytes groups;
	struct bytes point_formats; /* one byte each */
	struct bytes signature_algorithms;
	bool has_sni; /* the extension is there, whatever it holds */
	bool has_early_data;
};

struct server_hello {
	uint16_t version; /* negotiated; drafts of TLS 1.3 count as it */
	uint16_t cipher;
	struct bytes alpn; /* chosen; TLS 1.2 and before show it here */
	bool is_retry;     /* a HelloRetryRequest, RFC 8446 section 4.1.4 */
	bool has_psk;      /* pre_shared_key: resumed */
	enum sentinel sentinel;
};

/* The hello in SSL 2 form, RFC 5246 section E.2. */
struct v2_hello {
	uint16_t version;
	struct bytes ciphers; /* three bytes each */
};

/* False where the body is not what its type says; *out is then void. */
bool handshake_client_hello(struct bytes body, struct client_hello *out);
bool handshake_server_hello(struct bytes body, struct server_hello *out);

/* body from the message's type on. */
bool handshake_v2_hello(struct bytes body, struct v2_hello *out);

/*
 * The certificates of a Certificate message of TLS 1.2 and before, RFC 5246
 * section 7.4.2: DER, leaf first. At most cap go to out; returns how many, 0
 * where there is none or the body is broken.
 */
size_t handshake_certificates(struct bytes body, struct bytes *out, size_t cap);

/* The best version a hello offers, of those that have a name; 0 for none. RFC 8446 section 4.2.1.
 */
uint16_t handshake_offered_version(const struct client_hello *h);

/* TLS_FALLBACK_SCSV is offered. */
bool handshake_is_fallback(const struct client_hello *h);

/* One of the values that mean nothing, RFC 8701 section 2. */
bool handshake_is_grease(uint16_t value);

/* The next extension of a list; false at its end, or where it is broken. */
bool extension_next(struct cursor *list, uint16_t *type, struct bytes *body);

#endif
