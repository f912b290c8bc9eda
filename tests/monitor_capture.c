/* Saved captures in every packing, whole, cut and damaged; all made here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>
#include <zlib.h>
#include <zstd.h>

#include "monitor/capture/capture.h"

#define FILE_MAX (8 << 20)

struct file {
	size_t len;
	uint8_t at[FILE_MAX];
};

static struct file plain, packed;

static void
add(struct file *f, const void *bytes, size_t len)
{
	assert_in_range(f->len + len, 0, FILE_MAX);
	memmove(f->at + f->len, bytes, len); /* some tests repeat what is there */
	f->len += len;
}

static void
add_u32(struct file *f, uint32_t v, bool is_big)
{
	uint8_t b[4];

	for (size_t i = 0; i < 4; i++)
		b[i] = (uint8_t)(v >> 8 * (is_big ? 3 - i : i));
	add(f, b, 4);
}

/* The header of a pcap file, draft-ietf-opsawg-pcap section 4. */
static void
begin_pcap(struct file *f, uint32_t magic, bool is_big)
{
	f->len = 0;
	add_u32(f, magic, is_big);
	add_u32(f, is_big ? 0x00020004 : 0x00040002, is_big); /* 2.4 */
	add_u32(f, 0, is_big);
	add_u32(f, 0, is_big);
	add_u32(f, 65535, is_big);
	add_u32(f, 1, is_big); /* Ethernet */
}

static void
add_packet(struct file *f, uint32_t seconds, uint32_t fraction, uint32_t len, bool is_big)
{
	static uint8_t bytes[4096];

	memset(bytes, (int)len, sizeof(bytes));
	add_u32(f, seconds, is_big);
	add_u32(f, fraction, is_big);
	add_u32(f, len, is_big);
	add_u32(f, len + 100, is_big);
	add(f, bytes, len);
}

/* A capture of many packets, larger than any buffer on the way. */
static size_t
make_large(struct file *f)
{
	size_t count = 0;

	begin_pcap(f, 0xa1b2c3d4, false);
	for (; f->len < 2 << 20; count++)
		add_packet(f, (uint32_t)count, 5, (uint32_t)(count * 7 % 1500), false);
	return count;
}

static void
gzip(struct file *out, const uint8_t *at, size_t len)
{
	z_stream z = {0};

	assert_int_equal(deflateInit2(&z, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	z.next_in = (Bytef *)(uintptr_t)at;
	z.avail_in = (uInt)len;
	z.next_out = out->at + out->len;
	z.avail_out = (uInt)(FILE_MAX - out->len);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	out->len = FILE_MAX - z.avail_out;
	deflateEnd(&z);
}

static void
zstd(struct file *out, const uint8_t *at, size_t len)
{
	size_t n = ZSTD_compress(out->at + out->len, FILE_MAX - out->len, at, len, 1);

	assert_false(ZSTD_isError(n));
	out->len += n;
}

static void
pack_none(struct file *out, const struct file *in)
{
	out->len = 0;
	add(out, in->at, in->len);
}

static void
pack_gzip(struct file *out, const struct file *in)
{
	out->len = 0;
	gzip(out, in->at, in->len);
}

/* The first ends inside a packet's header. */
static void
pack_gzip_members(struct file *out, const struct file *in)
{
	out->len = 0;
	gzip(out, in->at, 29);
	gzip(out, in->at + 29, in->len - 29);
}

static void
pack_gzip_padded(struct file *out, const struct file *in)
{
	static const uint8_t zeros[512];

	pack_gzip(out, in);
	add(out, zeros, sizeof(zeros));
}

static void
pack_zstd(struct file *out, const struct file *in)
{
	out->len = 0;
	zstd(out, in->at, in->len);
}

static void
pack_zstd_frames(struct file *out, const struct file *in)
{
	/* A skippable frame of two bytes, RFC 8878 section 3.1.2. */
	static const uint8_t skippable[] = {0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 'h', 'i'};

	out->len = 0;
	add(out, skippable, sizeof(skippable));
	zstd(out, in->at, 29);
	zstd(out, in->at + 29, in->len - 29);
}

/* What reading a file came to. */
struct seen {
	size_t count;
	int64_t first_time, last_time;
	uint64_t bytes, captured;
	uint32_t linktype;
	enum capture_end end;
	char why[CAPTURE_WHY_MAX];
};

static void
see(void *ctx, const struct captured *packet)
{
	struct seen *s = ctx;

	if (s->count++ == 0)
		s->first_time = packet->time;
	s->last_time = packet->time;
	s->bytes += packet->wire_len;
	s->captured += packet->bytes.len;
	/* Touch the last byte: it must be there. */
	if (packet->bytes.len > 0)
		s->captured += packet->bytes.at[packet->bytes.len - 1] & 0;
}

static struct seen
read_bytes(const uint8_t *at, size_t len)
{
	struct seen s = {0};
	int fd = memfd_create("capture", 0);
	struct capture *c;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, at, len), (ssize_t)len);
	lseek(fd, 0, SEEK_SET);
	c = capture_open(fd, &s.end, s.why);
	if (c == NULL)
		return s;
	s.linktype = capture_linktype(c);
	while (capture_read(c, 100, see, &s))
		;
	s.end = capture_end(c);
	snprintf(s.why, sizeof(s.why), "%s", capture_why(c));
	if (s.end == CAPTURE_WHOLE)
		assert_int_equal(capture_consumed(c), len);
	capture_close(c);
	return s;
}

static const struct {
	const char *name;
	void (*pack)(struct file *out, const struct file *in);
} packings[] = {
    {"plain", pack_none},
    {"gzip", pack_gzip},
    {"gzip, two members", pack_gzip_members},
    {"gzip, padded with zeros", pack_gzip_padded},
    {"zstd", pack_zstd},
    {"zstd, frames and a skippable one", pack_zstd_frames},
};

static void
every_packing_gives_the_same_packets(void **state)
{
	size_t count = make_large(&plain);

	(void)state;
	for (size_t i = 0; i < sizeof(packings) / sizeof(packings[0]); i++) {
		struct seen s;

		packings[i].pack(&packed, &plain);
		s = read_bytes(packed.at, packed.len);
		if (s.end != CAPTURE_WHOLE || s.count != count ||
		    s.captured != plain.len - 24 - 16 * count ||
		    s.bytes != s.captured + 100 * count)
			fail_msg("%s: %zu of %zu packets: %s", packings[i].name, s.count, count,
				 s.why);
	}
}

static void
a_packed_file_cut_short_is_truncated_and_what_came_is_read(void **state)
{
	size_t count = make_large(&plain);

	(void)state;
	for (size_t i = 0; i < sizeof(packings) / sizeof(packings[0]); i++) {
		struct seen s;

		if (packings[i].pack == pack_gzip_padded)
			continue;
		packings[i].pack(&packed, &plain);
		s = read_bytes(packed.at, packed.len - packed.len / 4);
		if (s.end != CAPTURE_TRUNCATED || s.count == 0 || s.count >= count)
			fail_msg("%s: end %d, %zu packets: %s", packings[i].name, s.end, s.count,
				 s.why);
		/* Its last bytes are a checksum: every packet is out, and still it is cut. */
		s = read_bytes(packed.at, packed.len - 1);
		assert_int_equal(s.end, CAPTURE_TRUNCATED);
	}
}

static void
a_packed_file_with_damage_is_told(void **state)
{
	struct seen s;

	(void)state;
	make_large(&plain);
	pack_gzip(&packed, &plain);
	packed.at[packed.len - 6] ^= 0x55; /* CRC32, RFC 1952 section 2.3.1 */
	s = read_bytes(packed.at, packed.len);
	assert_int_equal(s.end, CAPTURE_DAMAGED);
	assert_true(s.count > 0);
	pack_zstd(&packed, &plain);
	memset(packed.at + packed.len / 2, 0xff, 64);
	s = read_bytes(packed.at, packed.len);
	assert_int_equal(s.end, CAPTURE_DAMAGED);
	assert_string_not_equal(s.why, "");
}

static void
times_are_microseconds_in_every_form_of_pcap(void **state)
{
	static const struct {
		const char *name;
		uint32_t magic, fraction;
		bool is_big;
	} rows[] = {
	    {"microseconds, little-endian", 0xa1b2c3d4, 123456, false},
	    {"microseconds, big-endian", 0xa1b2c3d4, 123456, true},
	    {"nanoseconds, little-endian", 0xa1b23c4d, 123456789, false},
	    {"nanoseconds, big-endian", 0xa1b23c4d, 123456789, true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct seen s;

		begin_pcap(&plain, rows[i].magic, rows[i].is_big);
		add_packet(&plain, 1767225600, rows[i].fraction, 60, rows[i].is_big);
		s = read_bytes(plain.at, plain.len);
		if (s.end != CAPTURE_WHOLE || s.first_time != INT64_C(1767225600123456) ||
		    s.linktype != 1)
			fail_msg("%s", rows[i].name);
	}
}

static void
a_time_that_cannot_be_is_held_within_bounds(void **state)
{
	struct seen s;

	(void)state;
	begin_pcap(&plain, 0xa1b2c3d4, false);
	add_packet(&plain, UINT32_MAX, UINT32_MAX, 60, false);
	s = read_bytes(plain.at, plain.len);
	assert_int_equal(s.count, 1);
	assert_true(s.first_time >= 0 && s.first_time <= INT64_C(4294967296000000));
}

static void
a_plain_file_cut_anywhere_is_read_up_to_its_last_whole_packet(void **state)
{
	static const uint32_t lengths[] = {60, 0, 1, 300};
	size_t ends[5] = {24};

	(void)state;
	begin_pcap(&plain, 0xa1b2c3d4, false);
	for (size_t i = 0; i < 4; i++) {
		add_packet(&plain, (uint32_t)i, 0, lengths[i], false);
		ends[i + 1] = plain.len;
	}
	for (size_t len = 0; len <= plain.len; len++) {
		struct seen s = read_bytes(plain.at, len);
		size_t whole = 0;
		bool is_border;

		while (whole < 4 && ends[whole + 1] <= len)
			whole++;
		is_border = len == ends[whole];
		if (s.count != whole || s.end != (len < 24    ? CAPTURE_FOREIGN
						  : is_border ? CAPTURE_WHOLE
							      : CAPTURE_TRUNCATED))
			fail_msg("cut at %zu: %zu packets, end %d: %s", len, s.count, s.end, s.why);
	}
}

static void
a_length_that_cannot_be_is_damage(void **state)
{
	struct seen s;

	(void)state;
	begin_pcap(&plain, 0xa1b2c3d4, false);
	add_packet(&plain, 1, 0, 60, false);
	add_u32(&plain, 2, false);
	add_u32(&plain, 0, false);
	add_u32(&plain, 0x7fffffff, false);
	add_u32(&plain, 0x7fffffff, false);
	add(&plain, plain.at, 4096);
	s = read_bytes(plain.at, plain.len);
	assert_int_equal(s.end, CAPTURE_DAMAGED);
	assert_int_equal(s.count, 1);
}

/* One pcapng block, draft-ietf-opsawg-pcapng section 3.1; the body a multiple of four. */
static void
add_block(struct file *f, uint32_t type, const void *body, uint32_t len)
{
	add_u32(f, type, false);
	add_u32(f, len + 12, false);
	add(f, body, len);
	add_u32(f, len + 12, false);
}

static void
begin_pcapng(struct file *f)
{
	static const uint8_t section[] = {0x4d, 0x3c, 0x2b, 0x1a, 1,    0,    0,    0,
					  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	static const uint8_t interface[] = {1, 0, 0, 0, 0xff, 0xff, 0, 0};

	f->len = 0;
	add_block(f, 0x0a0d0d0a, section, sizeof(section));
	add_block(f, 1, interface, sizeof(interface));
}

static void
add_enhanced_packet(struct file *f, uint64_t time)
{
	struct file *b = &packed;

	b->len = 0;
	add_u32(b, 0, false);
	add_u32(b, (uint32_t)(time >> 32), false);
	add_u32(b, (uint32_t)time, false);
	add_u32(b, 60, false);
	add_u32(b, 60, false);
	add(b, f->at, 60);
	add_block(f, 6, b->at, (uint32_t)b->len);
}

static void
pcapng_is_read_and_a_second_link_type_in_it_is_damage(void **state)
{
	static const uint8_t other[] = {101, 0, 0, 0, 0xff, 0xff, 0, 0};
	struct seen s;

	(void)state;
	begin_pcapng(&plain);
	add_enhanced_packet(&plain, 1767225600123456);
	s = read_bytes(plain.at, plain.len);
	assert_int_equal(s.end, CAPTURE_WHOLE);
	assert_int_equal(s.count, 1);
	assert_true(s.first_time == INT64_C(1767225600123456));
	add_block(&plain, 1, other, sizeof(other));
	add_enhanced_packet(&plain, 1767225600123457);
	s = read_bytes(plain.at, plain.len);
	assert_int_equal(s.end, CAPTURE_DAMAGED);
	assert_int_equal(s.count, 1);
}

static void
a_packed_file_cut_before_it_shows_anything_is_truncated(void **state)
{
	static const struct bytes rows[] = {
	    BYTES("\x1f\x8b"),
	    BYTES("\x28\xb5\x2f\xfd"),
	    BYTES("\x28\xb5\x2f\xfd\xff\xff\xff\xff\xff\xff\xff\xff"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct seen s = read_bytes(rows[i].at, rows[i].len);

		if (s.end != CAPTURE_TRUNCATED || s.count != 0 || s.why[0] == '\0')
			fail_msg("row %zu", i);
	}
}

static void
what_is_no_capture_is_refused_with_words(void **state)
{
	static const struct bytes rows[] = {
	    BYTES(""),
	    BYTES("a"),
	    BYTES("220 mx.example ESMTP\r\n250-mx.example\r\n250 STARTTLS\r\n"),
	    BYTES("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03garbage"),
	    BYTES("\x28\xb5\x2f\xfd\x08\x00\xff\xff\xff\xff\xff\xff\xff\xff"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct seen s = read_bytes(rows[i].at, rows[i].len);

		if (s.end != CAPTURE_FOREIGN || s.why[0] == '\0')
			fail_msg("row %zu", i);
	}
}

static void
raw_ip_has_the_number_that_files_use(void **state)
{
	(void)state;
	begin_pcap(&plain, 0xa1b2c3d4, false);
	plain.at[20] = 101;
	assert_int_equal(read_bytes(plain.at, plain.len).linktype, LINKTYPE_RAW);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_packing_gives_the_same_packets),
	    cmocka_unit_test(a_packed_file_cut_short_is_truncated_and_what_came_is_read),
	    cmocka_unit_test(a_packed_file_with_damage_is_told),
	    cmocka_unit_test(times_are_microseconds_in_every_form_of_pcap),
	    cmocka_unit_test(a_time_that_cannot_be_is_held_within_bounds),
	    cmocka_unit_test(a_plain_file_cut_anywhere_is_read_up_to_its_last_whole_packet),
	    cmocka_unit_test(a_length_that_cannot_be_is_damage),
	    cmocka_unit_test(pcapng_is_read_and_a_second_link_type_in_it_is_damage),
	    cmocka_unit_test(a_packed_file_cut_before_it_shows_anything_is_truncated),
	    cmocka_unit_test(what_is_no_capture_is_refused_with_words),
	    cmocka_unit_test(raw_ip_has_the_number_that_files_use),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
