/*
 * The packet that a reader is at and what it has counted, where its keeper can
 * find both should the reader not survive: memory that both see.
 *
 * The keeper makes it, the reader writes it, and what the keeper reads of it is
 * as hostile as any message: copied first, then checked.
 */
#ifndef MONITOR_ROLE_BLACKBOX_H
#define MONITOR_ROLE_BLACKBOX_H

#include "dissector/dissector.h"
#include "monitor/role/message.h"

#define BLACKBOX_PACKET_MAX 65536 /* bytes of a packet; of a longer one its front */

struct blackbox;

/* Make one: its descriptor is for a reader. NULL where the system refuses. */
struct blackbox *blackbox_new(int *descriptor);

/* The reader's view of it, for as long as the process lives. NULL where it is none. */
struct blackbox *blackbox_of(int descriptor);

/* Give up the keeper's. NULL does nothing. */
void blackbox_free(struct blackbox *b);

/* This packet is next. NULL does nothing. */
void blackbox_note(struct blackbox *b, const struct captured *packet);

/* So many connections it has had by now. NULL does nothing. */
void blackbox_count(struct blackbox *b, const struct dissector_flows *flows);

/* What was counted last; nothing where b is NULL. */
struct dissector_flows blackbox_flows(const struct blackbox *b);

/*
 * The capture has come to this, when its losses were last looked at: what comes from then on the
 * starter counts (place.h), read or not. NULL does nothing.
 */
void blackbox_tally(struct blackbox *b, const struct live_tally *tally);

/* The last of these; nothing where b is NULL. */
struct live_tally blackbox_tallied(const struct blackbox *b);

/*
 * Keep what is in it as a capture of one packet, readable by its owner alone, at
 * the first free name of a few behind that of the database. False where it
 * holds none or cannot be kept; name then says why.
 */
bool blackbox_keep(const struct blackbox *b, const char *db, const char *comment, char *name,
		   size_t name_size);

#endif
