/*
 * What the packets of one side have in common, to know another's by: TTL,
 * IP-ID, window. A difference is a sign and no proof; what follows from it is
 * the caller's.
 */
#ifndef DISSECTOR_SENDER_H
#define DISSECTOR_SENDER_H

#include "dissector/packet.h"
#include "dissector/stream.h"

/* A packet's TTL may drift this far by other routes before it counts as another's. */
#define SENDER_TTL_DRIFT 3

/*
 * An IP-ID this far from the sender's last one is told, beside other signs. It is
 * a sign by itself where so many of the sender's in a row rose by no more than
 * the step: then he counts, and the next is known to be near.
 */
#define SENDER_IP_ID_DRIFT 4096
#define SENDER_IP_ID_STEP  64
#define SENDER_IP_ID_RUN   4

/* One of its packets came; is_next: it brings the bytes that are next in order. */
void sender_learn(struct stream *s, const struct packet *p, bool is_next);

/* Its first SYN came: what was met before that need not have been its own. */
void sender_begin(struct stream *s, uint8_t ttl);

/* Whether this TTL is none that the side's packets had so far. */
bool sender_is_new_ttl(const struct stream *s, uint8_t ttl);

/*
 * Whether this TTL is neither the one that the side began with nor that of its
 * last bytes in order (a proxy may have answered the SYN). Unlike the range of
 * all that came, no empty segment nor one ahead makes a forger's TTL fit.
 */
bool sender_is_foreign_ttl(const struct stream *s, uint8_t ttl);

/* Whether its IP-ID lies far from the side's last; whether the side counts them is not asked. */
bool sender_is_far_ip_id(const struct stream *s, const struct packet *p);

/* Whether this side counts its packets: many draw IP-IDs at random, or leave them zero. */
bool sender_counts(const struct stream *s);

/* Whether its window is none that the side's packets had so far. */
bool sender_is_new_window(const struct stream *s, const struct packet *p);

/* Whether the packet may be another's: by its TTL, or by its IP-ID where the side counts. */
bool sender_is_doubtful(const struct stream *s, const struct packet *p);

#endif
