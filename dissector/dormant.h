/*
 * A conversation at rest: all that it is, in a fraction of its bytes, until its
 * next packet.
 *
 * Most of many conversations say nothing for a while, and most of their state is
 * zero; of their few bytes in the pool each chain leaves most of a block empty.
 * At rest both are packed into one chain. Nothing is lost by it: what wakes is
 * equal, byte by byte. Owns nothing.
 */
#ifndef DISSECTOR_DORMANT_H
#define DISSECTOR_DORMANT_H

#include "dissector/conversation.h"
#include "dissector/repeat.h"
#include "dissector/sparse.h"

#define DORMANT_CHAINS (1 + 2 * SIDES + SMTP_CHAINS + TLS_CHAINS)
/* Bytes of its chains that are packed, too, all together; what is longer wastes little. */
#define DORMANT_TEXT_MAX 2048

/* Bytes that a conversation is packed into at most. */
#define DORMANT_MAX                                                         \
	(2 + 2 * DORMANT_CHAINS + SPARSE_MAX(sizeof(struct conversation)) + \
	 REPEAT_MAX(DORMANT_TEXT_MAX))

/* Blocks of the pool's reserve that packing or waking one may take at most. */
#define DORMANT_BLOCKS_MAX (DORMANT_MAX / POOL_BLOCK_BYTES + DORMANT_CHAINS + 1)

/* Pack it; what c holds then means nothing. The pool's reserve must have DORMANT_BLOCKS_MAX. */
struct chain dormant_pack(struct conversation *c, struct pool *p);

/*
 * The conversation that was packed, but for its flow; the same of the reserve. Of
 * the chain head and length are enough.
 */
void dormant_wake(struct conversation *c, struct pool *p, struct chain packed);

#endif
