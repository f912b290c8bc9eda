/* Bodies of handshake messages, hostile: every reader over the same bytes, and the fingerprints. */
#include "dissector/fingerprint.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
no_digest(struct bytes in, uint8_t out[32])
{
	memset(out, (int)in.len, 32);
}

static void
fingerprint(const struct client_hello *h)
{
	char text[FINGERPRINT_TEXT_MAX], ja4[JA4_LEN + 1];

	fingerprint_ja3_text(h, text);
	if (fingerprint_ja4(h, no_digest, ja4) && strlen(ja4) != JA4_LEN)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes body = {data, size}, der[10];
	struct client_hello client;
	struct server_hello server;
	struct v2_hello v2;

	if (handshake_client_hello(body, &client)) {
		handshake_offered_version(&client);
		handshake_is_fallback(&client);
		fingerprint(&client);
	}
	handshake_server_hello(body, &server);
	handshake_v2_hello(body, &v2);
	if (handshake_certificates(body, der, 10) > 10)
		abort();
	return 0;
}
