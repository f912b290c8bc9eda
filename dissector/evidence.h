/*
 * The packets and lines of sessions that may yet become evidence: a ring of
 * fixed size for all sessions together.
 *
 * Appending overwrites the oldest, whoever's it is; a session whose records
 * are gone says so. Each session links its own records in order of arrival.
 * Packets are kept raw in memory and leave it only through evidence_walk,
 * which shows of their payloads no byte that the protocol layers did not
 * vouch for: SMTP lines as scrubbed, TLS as far as it was read; all else is
 * blanked.
 */
#ifndef DISSECTOR_EVIDENCE_H
#define DISSECTOR_EVIDENCE_H

#include "dissector/session.h"

#define EVIDENCE_PAYLOAD_MAX 2048 /* bytes kept of one packet's payload */
#define EVIDENCE_RECORDS_MAX 512  /* of one session; later ones are counted */

struct evidence {
	uint8_t *ring;
	uint64_t size;        /* of the ring, a multiple of eight */
	uint64_t head;        /* bytes ever appended: the next record begins here */
	uint64_t overwritten; /* sessions' records found gone when they were wanted */
};

/* One session's records. All zero is none. */
struct evidence_list {
	uint64_t first, last; /* positions + 1 in the ring; 0 for none */
	uint16_t count;
	uint16_t dropped; /* beyond EVIDENCE_RECORDS_MAX */
};

enum evidence_kind {
	EVIDENCE_PACKET,     /* as captured, payload vetted */
	EVIDENCE_LINE,       /* one line of SMTP, scrubbed, without its line end */
	EVIDENCE_CERTIFICATE /* DER, leaf first */
};

/* One record as evidence_walk shows it; borrowed until it returns. */
struct evidence_item {
	enum evidence_kind kind;
	enum side from;
	int64_t time;
	uint64_t offset;    /* in that side's stream, of the line or the payload */
	uint32_t linktype;  /* packets */
	uint32_t wire_len;  /* packets: headers and payload as sent */
	struct bytes bytes; /* packet from the link header on; line; DER */
};

/* Lay a ring into memory of size bytes, at least 8, aligned to 8. */
void evidence_init(struct evidence *e, void *memory, size_t size);

/*
 * Keep one packet, whose payload begins at offset in its side's stream. Where
 * own is not empty it is kept in place of the payload and shown as it stands:
 * a second version of bytes that the stream has otherwise, already scrubbed.
 */
void evidence_packet(struct evidence *e, struct evidence_list *list, enum side from,
		     uint64_t offset, const struct packet *p, struct bytes own);

/*
 * One line as it stood in the stream from offset on, its line end included,
 * with what must not be kept already overwritten, so that its length is that
 * of the stretch it covers.
 */
void evidence_line(struct evidence *e, struct evidence_list *list, enum side from, int64_t time,
		   uint64_t offset, struct bytes scrubbed);

/*
 * From here on, len bytes of this side's stream were read as TLS in clear, to
 * their last byte, and may be shown. What a record's header announces is not
 * read yet, and may be anything.
 */
void evidence_tls(struct evidence *e, struct evidence_list *list, enum side from, uint64_t offset,
		  uint64_t len);

void evidence_certificate(struct evidence *e, struct evidence_list *list, int64_t time,
			  struct bytes der);

/*
 * Show each record to tell, oldest first. False where the oldest were already
 * overwritten: what is left is shown.
 */
bool evidence_walk(struct evidence *e, const struct evidence_list *list,
		   void (*tell)(void *ctx, const struct evidence_item *item), void *ctx);

#endif
