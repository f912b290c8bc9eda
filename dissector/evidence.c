/*
 * The ring of evidence; see evidence.h.
 *
 * A position counts bytes ever appended, so it names a record for good; a
 * record is still there while the head is at most the ring's size beyond it.
 * A record never wraps around the end of the ring: the rest is skipped.
 */
#include "dissector/evidence.h"

#include <string.h>

#define EVIDENCE_HEADERS_MAX 512 /* bytes kept before a payload: deep tunnels */

/* One more kind, never told by itself: a stretch of TLS that may be shown. */
#define KIND_SHOWN (EVIDENCE_CERTIFICATE + 1)

struct record_header {
	uint64_t next; /* position + 1 of the session's next record; 0 for none */
	int64_t time;
	uint64_t offset;
	uint32_t linktype;
	uint32_t wire_len;    /* packets; of what is shown, its length */
	uint16_t headers_len; /* packets */
	uint16_t text_len;    /* payload, line, DER */
	uint8_t kind;
	uint8_t from;
	uint8_t is_own; /* the payload is vouched for as it stands */
	uint8_t pad;
};

_Static_assert(sizeof(struct record_header) == 40, "records stay aligned to eight bytes");

void
evidence_init(struct evidence *e, void *memory, size_t size)
{
	*e = (struct evidence){.ring = memory, .size = size & ~(size_t)7};
}

static bool
evidence_has(const struct evidence *e, uint64_t position)
{
	return e->head - position <= e->size;
}

static uint8_t *
evidence_at(const struct evidence *e, uint64_t position)
{
	return e->ring + position % e->size;
}

static struct record_header
evidence_header(const struct evidence *e, uint64_t position)
{
	struct record_header h;

	memcpy(&h, evidence_at(e, position), sizeof(h));
	return h;
}

/* Let the session's last record, if it is still there, point to the one at position. */
static void
evidence_link(struct evidence *e, struct evidence_list *list, uint64_t position)
{
	uint64_t ref = position + 1;

	if (list->last && evidence_has(e, list->last - 1))
		memcpy(evidence_at(e, list->last - 1), &ref, sizeof(ref));
	else
		list->first = ref;
	list->last = ref;
	list->count++;
}

static void
evidence_append(struct evidence *e, struct evidence_list *list, struct record_header *h,
		struct bytes headers, struct bytes text)
{
	uint64_t len = (sizeof(*h) + headers.len + text.len + 7) & ~(uint64_t)7;
	uint64_t to_end = e->size - e->head % e->size;
	uint64_t position;
	uint8_t *at;

	if (list->count >= EVIDENCE_RECORDS_MAX || len > e->size / 2) {
		if (list->dropped < UINT16_MAX)
			list->dropped++;
		return;
	}
	if (len > to_end)
		e->head += to_end;
	position = e->head;
	e->head += len;
	at = evidence_at(e, position);
	h->headers_len = (uint16_t)headers.len;
	h->text_len = (uint16_t)text.len;
	memcpy(at, h, sizeof(*h));
	if (headers.len)
		memcpy(at + sizeof(*h), headers.at, headers.len);
	if (text.len)
		memcpy(at + sizeof(*h) + headers.len, text.at, text.len);
	evidence_link(e, list, position);
}

void
evidence_packet(struct evidence *e, struct evidence_list *list, enum side from, uint64_t offset,
		const struct packet *p, struct bytes own)
{
	struct bytes text = own.len ? own : p->payload;
	struct record_header h = {
	    .kind = EVIDENCE_PACKET,
	    .from = (uint8_t)from,
	    .time = p->time,
	    .offset = offset,
	    .linktype = p->linktype,
	    .is_own = own.len > 0,
	};

	if (p->headers.len > EVIDENCE_HEADERS_MAX) {
		list->dropped++;
		return;
	}
	h.wire_len = (uint32_t)(p->headers.len + p->payload.len + p->payload_cut);
	evidence_append(e, list, &h, p->headers, bytes_first(text, EVIDENCE_PAYLOAD_MAX));
}

void
evidence_line(struct evidence *e, struct evidence_list *list, enum side from, int64_t time,
	      uint64_t offset, struct bytes scrubbed)
{
	struct record_header h = {
	    .kind = EVIDENCE_LINE, .from = (uint8_t)from, .time = time, .offset = offset};

	evidence_append(e, list, &h, (struct bytes){0}, bytes_first(scrubbed, UINT16_MAX));
}

void
evidence_tls(struct evidence *e, struct evidence_list *list, enum side from, uint64_t offset,
	     uint64_t len)
{
	struct record_header h = {
	    .kind = KIND_SHOWN,
	    .from = (uint8_t)from,
	    .offset = offset,
	    .wire_len = len > UINT32_MAX ? UINT32_MAX : (uint32_t)len,
	};

	evidence_append(e, list, &h, (struct bytes){0}, (struct bytes){0});
}

void
evidence_certificate(struct evidence *e, struct evidence_list *list, int64_t time, struct bytes der)
{
	struct record_header h = {.kind = EVIDENCE_CERTIFICATE, .from = SIDE_SERVER, .time = time};

	if (der.len <= UINT16_MAX)
		evidence_append(e, list, &h, (struct bytes){0}, der);
}

/* Copy to out, which stands for the stream from `begin` on, what of source at `at` falls in it. */
static void
overlay(uint8_t *out, uint64_t begin, size_t out_len, uint64_t at, struct bytes source)
{
	uint64_t from = at > begin ? at : begin;
	uint64_t to = at + source.len < begin + out_len ? at + source.len : begin + out_len;

	if (from < to)
		memcpy(out + (from - begin), source.at + (from - at), to - from);
}

/* A line that may be shown, where it stands in its side's stream. */
struct shown_line {
	uint64_t offset;
	struct bytes text;
};

/* TLS that may be shown. */
struct stretch {
	uint64_t offset;
	uint32_t len;
};

/* The records of one session that are still there. */
struct shelf {
	const struct evidence *e;
	uint64_t positions[EVIDENCE_RECORDS_MAX];
	size_t count;
	/* The lines among them. Each side's were read, and so kept, in order of its stream. */
	struct shown_line lines[SIDES][EVIDENCE_RECORDS_MAX];
	size_t line_counts[SIDES];
	struct stretch shown[SIDES][EVIDENCE_RECORDS_MAX];
	size_t shown_counts[SIDES];
};

static void
shelve(struct shelf *s, uint64_t position, const struct record_header *h)
{
	s->positions[s->count++] = position;
	if (h->kind == KIND_SHOWN)
		s->shown[h->from][s->shown_counts[h->from]++] =
		    (struct stretch){h->offset, h->wire_len};
	if (h->kind != EVIDENCE_LINE)
		return;
	s->lines[h->from][s->line_counts[h->from]++] = (struct shown_line){
	    .offset = h->offset,
	    .text = {evidence_at(s->e, position) + sizeof(*h), h->text_len},
	};
}

/* Index of the side's first line that reaches beyond offset; the count where none does. */
static size_t
first_line_beyond(const struct shelf *s, uint8_t from, uint64_t offset)
{
	size_t low = 0, high = s->line_counts[from];

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct shown_line *line = &s->lines[from][middle];

		if (line->offset + line->text.len > offset)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

/* Copy of raw, which stands for the stream from `begin` on, what lies in the stretch. */
static void
reveal(uint8_t *out, const uint8_t *raw, uint64_t begin, size_t len, const struct stretch *shown)
{
	uint64_t end = shown->offset + shown->len;
	uint64_t from = shown->offset > begin ? shown->offset : begin;
	uint64_t to = end < begin + len ? end : begin + len;

	if (from < to)
		memcpy(out + (from - begin), raw + (from - begin), to - from);
}

/* The payload of the packet at h as it may be shown: lines as scrubbed, TLS as it is, the rest
 * blank. */
static void
vet(const struct shelf *s, const struct record_header *h, const uint8_t *raw, uint8_t *out)
{
	size_t len = h->text_len;

	memset(out, 'x', len);
	for (size_t i = 0; i < s->shown_counts[h->from]; i++)
		reveal(out, raw, h->offset, len, &s->shown[h->from][i]);
	for (size_t i = first_line_beyond(s, h->from, h->offset);
	     i < s->line_counts[h->from] && s->lines[h->from][i].offset < h->offset + len; i++)
		overlay(out, h->offset, len, s->lines[h->from][i].offset,
			s->lines[h->from][i].text);
}

static struct bytes
without_line_end(struct bytes line)
{
	if (line.len && line.at[line.len - 1] == '\n')
		line.len--;
	if (line.len && line.at[line.len - 1] == '\r')
		line.len--;
	return line;
}

static void
show(const struct shelf *s, uint64_t position,
     void (*tell)(void *ctx, const struct evidence_item *item), void *ctx)
{
	uint8_t packet[EVIDENCE_HEADERS_MAX + EVIDENCE_PAYLOAD_MAX];
	struct record_header h = evidence_header(s->e, position);
	const uint8_t *bytes = evidence_at(s->e, position) + sizeof(h);
	struct evidence_item item = {
	    .kind = (enum evidence_kind)h.kind,
	    .from = (enum side)h.from,
	    .time = h.time,
	    .offset = h.offset,
	    .linktype = h.linktype,
	    .wire_len = h.wire_len,
	    .bytes = {bytes, h.text_len},
	};

	if (item.kind == KIND_SHOWN)
		return;
	if (item.kind == EVIDENCE_LINE)
		item.bytes = without_line_end(item.bytes);
	if (item.kind == EVIDENCE_PACKET) {
		memcpy(packet, bytes, h.headers_len);
		if (h.is_own)
			memcpy(packet + h.headers_len, bytes + h.headers_len, h.text_len);
		else
			vet(s, &h, bytes + h.headers_len, packet + h.headers_len);
		item.bytes = (struct bytes){packet, (size_t)h.headers_len + h.text_len};
	}
	tell(ctx, &item);
}

bool
evidence_walk(struct evidence *e, const struct evidence_list *list,
	      void (*tell)(void *ctx, const struct evidence_item *item), void *ctx)
{
	struct shelf s;

	/* Large: its arrays are left as they are. */
	s.e = e;
	s.count = 0;
	memset(s.line_counts, 0, sizeof(s.line_counts));
	memset(s.shown_counts, 0, sizeof(s.shown_counts));
	for (uint64_t ref = list->first; ref && evidence_has(e, ref - 1);) {
		struct record_header h = evidence_header(e, ref - 1);

		if (s.count == EVIDENCE_RECORDS_MAX)
			break;
		shelve(&s, ref - 1, &h);
		ref = h.next;
	}
	for (size_t i = 0; i < s.count; i++)
		show(&s, s.positions[i], tell, ctx);
	if (s.count < list->count)
		e->overwritten++;
	return s.count == list->count && list->dropped == 0;
}
