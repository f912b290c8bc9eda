/*
 * Whether a reset is believed, and what contradicts it.
 *
 * Owns the reset fields of a conversation and nothing else; when the flow ends
 * for it is the conversation's.
 */
#ifndef DISSECTOR_RESET_H
#define DISSECTOR_RESET_H

#include "dissector/conversation.h"

/* A reset came from that side: believed if it is in sequence, else kept until its place is reached.
 */
void reset_take(struct conversation *c, enum side from, const struct packet *p);

/* Its place is reached, or nothing more can come: believe the one that was kept. */
void reset_believe(struct conversation *c);

/* A segment came: where it goes on behind a reset that is believed, the reset is contradicted. */
void reset_doubt(struct conversation *c, struct workshop *w, const struct segment *seg);

/* Write down the reset where anything contradicts it. */
void reset_keep(struct conversation *c, struct workshop *w);

#endif
