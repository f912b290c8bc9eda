/*
 * A capture file in the pcapng format; section numbers are those of
 * draft-ietf-opsawg-pcapng: blocks 3.1, options 3.5, section header 4.1,
 * interface description 4.2, enhanced packet 4.3.
 */
#include "monitor/pcapng.h"

#include <string.h>

#define BLOCK_SECTION   0x0a0d0d0au
#define BLOCK_INTERFACE 0x00000001u
#define BLOCK_PACKET    0x00000006u
#define BYTE_ORDER_SIGN 0x1a2b3c4du
#define LENGTH_UNKNOWN  0xffffffffu /* of the section, both halves */

#define OPTION_COMMENT     1
#define OPTION_APPLICATION 4 /* shb_userappl */
#define OPTION_RESOLUTION  9 /* if_tsresol */
#define MICROSECONDS       6 /* 10 to the minus 6 */

#define BLOCK_FRAME   12u         /* type and both lengths */
#define BYTES_LARGEST (16u << 20) /* of one packet; readers refuse blocks much larger */

static void
put_16(FILE *out, uint32_t value)
{
	putc((int)(value & 0xff), out);
	putc((int)(value >> 8 & 0xff), out);
}

static void
put_32(FILE *out, uint32_t value)
{
	put_16(out, value & 0xffff);
	put_16(out, value >> 16);
}

/* Everything is padded to 32 bits with zero. */
static uint32_t
padded(size_t length)
{
	return (uint32_t)((length + 3) & ~(size_t)3);
}

static void
put_bytes(FILE *out, struct bytes b)
{
	static const char zero[3];

	if (b.len > 0)
		fwrite(b.at, 1, b.len, out);
	fwrite(zero, 1, padded(b.len) - b.len, out);
}

static struct bytes
comment_bytes(const char *comment)
{
	const size_t length = comment == NULL ? 0 : strnlen(comment, PCAPNG_COMMENT_MAX);

	return (struct bytes){(const uint8_t *)comment, length};
}

/* What an option takes; one that is empty is left out. */
static uint32_t
option_size(struct bytes value)
{
	return value.len == 0 ? 0 : 4 + padded(value.len);
}

static void
put_option(FILE *out, uint32_t code, struct bytes value)
{
	if (value.len == 0)
		return;
	put_16(out, code);
	put_16(out, (uint32_t)value.len);
	put_bytes(out, value);
}

static void
put_option_end(FILE *out)
{
	put_32(out, 0);
}

void
pcapng_begin(struct pcapng *p, FILE *out, const char *application, const char *comment)
{
	const struct bytes name = comment_bytes(application), text = comment_bytes(comment);
	const uint32_t size = BLOCK_FRAME + 16 + option_size(name) + option_size(text) + 4;

	*p = (struct pcapng){.out = out};
	put_32(out, BLOCK_SECTION);
	put_32(out, size);
	put_32(out, BYTE_ORDER_SIGN);
	put_16(out, 1); /* version 1.0 */
	put_16(out, 0);
	put_32(out, LENGTH_UNKNOWN);
	put_32(out, LENGTH_UNKNOWN);
	put_option(out, OPTION_APPLICATION, name);
	put_option(out, OPTION_COMMENT, text);
	put_option_end(out);
	put_32(out, size);
}

/* The interface of a link type, described where it is new; false where there is no room. */
static bool
interface_of(struct pcapng *p, uint32_t linktype, uint32_t *out)
{
	static const uint8_t resolution[] = {MICROSECONDS};
	const struct bytes value = {resolution, sizeof(resolution)};
	const uint32_t size = BLOCK_FRAME + 8 + option_size(value) + 4;

	for (*out = 0; *out < p->interfaces; (*out)++)
		if (p->linktypes[*out] == linktype)
			return true;
	if (linktype > UINT16_MAX || p->interfaces == PCAPNG_LINKTYPES_MAX)
		return false;
	p->linktypes[p->interfaces++] = (uint16_t)linktype;
	put_32(p->out, BLOCK_INTERFACE);
	put_32(p->out, size);
	put_16(p->out, linktype);
	put_16(p->out, 0); /* reserved */
	put_32(p->out, 0); /* no snap length */
	put_option(p->out, OPTION_RESOLUTION, value);
	put_option_end(p->out);
	put_32(p->out, size);
	return true;
}

bool
pcapng_packet(struct pcapng *p, const struct pcapng_packet *packet)
{
	const struct bytes comment = comment_bytes(packet->comment);
	const uint64_t time = packet->time < 0 ? 0 : (uint64_t)packet->time;
	const uint32_t options = comment.len == 0 ? 0 : option_size(comment) + 4;
	uint32_t interface, length, size;

	if (packet->bytes.len > BYTES_LARGEST || !interface_of(p, packet->linktype, &interface))
		return false;
	length = (uint32_t)packet->bytes.len;
	size = BLOCK_FRAME + 20 + padded(length) + options;
	put_32(p->out, BLOCK_PACKET);
	put_32(p->out, size);
	put_32(p->out, interface);
	put_32(p->out, (uint32_t)(time >> 32));
	put_32(p->out, (uint32_t)(time & 0xffffffff));
	put_32(p->out, length);
	put_32(p->out, packet->wire_len < length ? length : packet->wire_len);
	put_bytes(p->out, packet->bytes);
	if (comment.len > 0) {
		put_option(p->out, OPTION_COMMENT, comment);
		put_option_end(p->out);
	}
	put_32(p->out, size);
	return true;
}
