/*
 * What a TLS handshake came to: complete, failed and how, or not known.
 *
 * Judges by the records of both sides, their types, lengths and alerts: RFC 8446
 * section 6, RFC 5246 section 7. Owns the facts complete, failure, failed_by, alert
 * and resumed. Reads no message, and never denies what a gap may have hidden.
 */
#ifndef DISSECTOR_TLS_OUTCOME_H
#define DISSECTOR_TLS_OUTCOME_H

#include "dissector/tls_state.h"

/* The handshake is complete, or cannot have been. */
bool tls_outcome_is_known(const struct tls *t);

/*
 * The handshake has ended before it was complete, by this side and in this way.
 * Without effect where its outcome is known, or where it may have been complete
 * unseen; how it failed is said only where no alert can have been missed.
 */
void tls_outcome_fail(struct tls *t, enum tls_failure how, enum side by);

/* An earlier session was resumed, or not, RFC 5246 section 7.3. What is said first counts. */
void tls_outcome_resumed(struct tls *t, bool is_resumed);

/* The last byte of this side's record, as its reader has it, has gone by, captured or not. */
void tls_outcome_record(struct tls *t, enum side from);

#endif
