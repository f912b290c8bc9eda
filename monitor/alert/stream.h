/*
 * A connection to a server, TCP or TLS, that bytes are written to: found, opened,
 * checked, written and acknowledged without waiting.
 *
 * Syslog has no answer: what is written is taken for delivered when the peer's TCP
 * has acknowledged all of it, so that a server that is gone is noticed. By TLS the
 * certificate must lead to the authorities and bear the name of the host.
 */
#ifndef MONITOR_ALERT_STREAM_H
#define MONITOR_ALERT_STREAM_H

#include <openssl/ssl.h>
#include <sys/socket.h>

#include "monitor/alert/resolve.h"

#define STREAM_EACH 3000 /* milliseconds for one address of several to connect */
#define STREAM_LOOK 20   /* ... between two looks at what is acknowledged */

/* Bytes that a server may have said since the last write; who says more is connected to anew. */
#define STREAM_HEARD_MAX 65536

enum stream_state {
	STREAM_WAITS,  /* for its descriptor or its time */
	STREAM_DONE,   /* all was taken */
	STREAM_FAILED, /* why says why; it is closed */
};

enum stream_phase {
	STREAM_CLOSED,
	STREAM_RESOLVES,
	STREAM_CONNECTS,
	STREAM_SHAKES_HANDS,
	STREAM_WRITES,
	STREAM_IS_HEARD /* written; the peer's acknowledgment is outstanding */
};

/* Its user sets the first four and zeroes the rest. */
struct stream {
	struct resolve *resolve;
	struct resolve_host host;
	uint16_t port;
	SSL_CTX *tls; /* NULL: bare TCP; not owned */

	enum stream_phase phase;
	int descriptor; /* where phase is beyond STREAM_RESOLVES */
	short events;   /* what it waits for */
	int64_t wake;   /* milliseconds; 0: not for the time's sake */
	SSL *ssl;
	size_t tried; /* addresses */
	const uint8_t *at;
	size_t left; /* to be written */
	char why[160];
};

/* Trust in these authorities alone (taken over where it succeeds), TLS 1.2 or later. NULL: no
 * memory. */
SSL_CTX *stream_tls(X509_STORE *authorities);

/* Write these, which stay the caller's until it is done, over the open connection or a new one. */
enum stream_state stream_write(struct stream *s, const uint8_t *at, size_t len);

/* Go on. */
enum stream_state stream_step(struct stream *s);

/* What was not acknowledged by then is dropped, and does not arrive later. */
void stream_close(struct stream *s);

/* That address and port as the kernel has them; returns how much of *out. */
socklen_t stream_address(const struct address *a, uint16_t port, struct sockaddr_storage *out);

#endif
