/*
 * Where the two streams of a conversation begin: by a SYN, by what names its place
 * where none was captured, or by the one of two that is believed.
 *
 * RFC 9293 sections 3.5 and 3.10.7, RFC 6528. Owns other_isn, other_ttl and
 * has_other_isn of a conversation, and where its streams begin. Anybody may have sent
 * a SYN: one that does not fit takes nobody's place here. What then becomes of it, and
 * how a stream ends, is the conversation's.
 */
#ifndef DISSECTOR_OPENING_H
#define DISSECTOR_OPENING_H

#include "dissector/conversation.h"

/*
 * A SYN or SYN-ACK of that side. False where the packet belongs to another
 * connection: either a new one that may take this one's place, or a forged one.
 */
bool opening_syn(struct conversation *c, struct waiting_room *r, enum side from,
		 const struct packet *p);

/*
 * A first segment without SYN begins that side's stream at seq, where it stands; its SYN
 * may come yet.
 */
void opening_in_the_middle(struct conversation *c, enum side from, uint32_t seq);

/*
 * A packet came: of two SYN-ACKs the one that the client acknowledges is its server's; since
 * that may be forged, too, each packet decides anew until the first byte.
 */
void opening_settle(struct conversation *c, enum side from, const struct packet *p);

/*
 * A SYN that is none of this connection's, and no copy of it; a SYN-ACK alone
 * may be forged as long as the connection is not over.
 */
bool opening_is_another(const struct conversation *c, const struct packet *p, bool is_over);

#endif
