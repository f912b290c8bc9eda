/*
 * A session with its evidence as one message, and back.
 *
 * Every member of struct session crosses; whatever is taken from a message has
 * been checked against its range and its cap, so that those who read it need
 * not look again. Views point into the message. Pure.
 */
#ifndef MONITOR_ROLE_SESSION_MESSAGE_H
#define MONITOR_ROLE_SESSION_MESSAGE_H

#include "monitor/role/message.h"

#define WIRE_TEXT_MAX 2048 /* bytes of one stretch of wire text, as NOTE_MAX of the ledger */

/*
 * Bytes of evidence that one session may send. Packets leave a part of it to
 * lines and certificates, which say more for their size.
 */
#define EVIDENCE_BYTES_MAX  ((size_t)256 << 10)
#define EVIDENCE_BYTES_KEPT ((size_t)64 << 10)
#define EVIDENCE_ITEM_MAX   ((size_t)128 << 10) /* bytes of one packet, line or certificate */

/* What a session message holds. Large: keep one and use it again. */
struct session_message {
	struct session session;
	struct bytes from_domains[DOMAINS_MAX], rcpt_domains[DOMAINS_MAX];
	struct evidence_item items[EVIDENCE_RECORDS_MAX];
	struct evidence_view evidence; /* its items are those above */
};

/*
 * Append one session message. evidence and kept are walked where both are
 * there; NULL sends the facts alone. The packer needs room for MESSAGE_MAX.
 */
void session_message_put(struct packer *p, const struct session *s, struct evidence *evidence,
			 const struct evidence_list *kept);

/*
 * Read one whole body; false where it is bad, and *out is then of no use.
 * What *out points to lies in body and in *out itself.
 */
bool session_message_get(struct bytes body, struct session_message *out);

#endif
