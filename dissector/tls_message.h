/*
 * The messages of a TLS handshake, as far as they are in clear: pieces of one
 * side's records to messages, and those to the session's facts.
 *
 * RFC 8446 section 4, RFC 5246 section 7.4, the hello in SSL 2 form (RFC 5246
 * section E.2). Owns the message under way (in the ledger's pool) and the facts
 * that messages alone tell: hellos, names, fingerprints, certificates. Bodies are
 * taken apart by handshake.h. Never says whether a handshake is complete or has
 * failed, and knows of records only where they begin.
 */
#ifndef DISSECTOR_TLS_MESSAGE_H
#define DISSECTOR_TLS_MESSAGE_H

#include "dissector/tls_state.h"

/*
 * A piece of a handshake record, borrowed for the call; its first byte stands at
 * this offset of the side's stream. False where this side cannot have begun like
 * that: its first message is a hello, RFC 5246 section 7.3. Where the pool refuses,
 * the message is passed over and the ledger's is_short set.
 */
bool tls_message_read(struct tls_walk *w, struct bytes fragment, uint64_t at);

/*
 * A piece of a hello in SSL 2 form. Where the pool refuses, this side is followed
 * no further and the ledger's is_short set.
 */
void tls_message_read_v2(struct tls_walk *w, struct bytes fragment);

/*
 * A hello in SSL 2 form has ended. The server's answer in SSL 2 means that nothing
 * here will be TLS; the client's only begins so.
 */
void tls_message_end_v2(struct tls *t, struct ledger *l, enum side from);

#endif
