/*
 * Captures that we write: byte by byte against draft-ietf-opsawg-pcapng, then
 * read back by libpcap, which has its own reader.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "monitor/pcapng.h"

#define ETHERNET 1
#define RAW      101
#define START    INT64_C(1772366400123456)

/* A file in memory. */
struct memory {
	FILE *out;
	char *bytes;
	size_t length;
	struct pcapng p;
};

static void
begin(struct memory *m, const char *comment)
{
	m->out = open_memstream(&m->bytes, &m->length);
	assert_non_null(m->out);
	pcapng_begin(&m->p, m->out, "waxseal", comment);
}

static uint32_t
at(const struct memory *m, size_t offset, size_t width)
{
	uint32_t value = 0;

	assert_true(offset + width <= m->length);
	for (size_t i = width; i > 0; i--)
		value = value << 8 | (uint8_t)m->bytes[offset + i - 1];
	return value;
}

static void
a_file_begins_with_its_section(void **state)
{
	static const uint8_t expected[] = {
	    0x0a, 0x0d, 0x0d, 0x0a, 52,   0,    0,    0,    0x4d, 0x3c, 0x2b, 0x1a, 1, 0,
	    0,    0,    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 4,    0, /* userappl */
	    7,    0,    'w',  'a',  'x',  's',  'e',  'a',  'l',  0,    1,    0,    2, /* comment */
	    0,    'h',  'i',  0,    0,    0,    0,    0,    0,    52,   0,    0,    0,
	};
	struct memory m;

	(void)state;
	begin(&m, "hi");
	fclose(m.out);
	assert_int_equal(m.length, sizeof(expected));
	assert_memory_equal(m.bytes, expected, sizeof(expected));
	free(m.bytes);
}

static void
a_packet_is_padded_and_keeps_its_lengths(void **state)
{
	const struct pcapng_packet packet = {.time = START,
					     .linktype = ETHERNET,
					     .wire_len = 1500,
					     .bytes = bytes_text("abcde"),
					     .comment = "from the client"};
	const size_t section = 44, interface = 32, block = section + interface;
	struct memory m;

	(void)state;
	begin(&m, NULL);
	assert_true(pcapng_packet(&m.p, &packet));
	fclose(m.out);
	/* Interface description: type, length, link type, snap length 0, if_tsresol 6. */
	assert_int_equal(at(&m, section, 4), 1);
	assert_int_equal(at(&m, section + 4, 4), interface);
	assert_int_equal(at(&m, section + 8, 2), ETHERNET);
	assert_int_equal(at(&m, section + 12, 4), 0);
	assert_int_equal(at(&m, section + 16, 4), 9 | 1 << 16);
	assert_int_equal(at(&m, section + 20, 4), 6);
	/* Enhanced packet: 32 + 8 of data + 4 + 16 of comment + 4. */
	assert_int_equal(at(&m, block, 4), 6);
	assert_int_equal(at(&m, block + 4, 4), 64);
	assert_int_equal(at(&m, block + 8, 4), 0);
	assert_int_equal(at(&m, block + 12, 4), (uint32_t)(START >> 32));
	assert_int_equal(at(&m, block + 16, 4), (uint32_t)START);
	assert_int_equal(at(&m, block + 20, 4), 5);
	assert_int_equal(at(&m, block + 24, 4), 1500);
	assert_memory_equal(m.bytes + block + 28, "abcde\0\0\0", 8);
	assert_int_equal(at(&m, block + 36, 4), 1 | 15 << 16);
	assert_memory_equal(m.bytes + block + 40, "from the client\0", 16);
	assert_int_equal(at(&m, block + 60, 4), 64);
	assert_int_equal(m.length, block + 64);
	free(m.bytes);
}

static void
an_interface_is_described_once_a_link_type(void **state)
{
	struct pcapng_packet packet = {.time = START, .wire_len = 4, .bytes = bytes_text("abcd")};
	struct memory m;

	(void)state;
	begin(&m, NULL);
	for (uint32_t i = 0; i < 6; i++) {
		packet.linktype = i % 2 == 0 ? ETHERNET : RAW;
		assert_true(pcapng_packet(&m.p, &packet));
	}
	assert_int_equal(m.p.interfaces, 2);
	fclose(m.out);
	assert_int_equal(m.length, 44 + 2 * 32 + 6 * 36);
	free(m.bytes);
}

static void
what_does_not_fit_is_refused_and_not_written(void **state)
{
	struct pcapng_packet packet = {.linktype = 65536, .bytes = bytes_text("abcd")};
	struct memory m;

	(void)state;
	begin(&m, NULL);
	assert_false(pcapng_packet(&m.p, &packet));
	for (uint32_t i = 0; i < PCAPNG_LINKTYPES_MAX; i++) {
		packet.linktype = i;
		assert_true(pcapng_packet(&m.p, &packet));
	}
	packet.linktype = 1000;
	assert_false(pcapng_packet(&m.p, &packet));
	packet.linktype = 0;
	packet.bytes.len = (16u << 20) + 1;
	assert_false(pcapng_packet(&m.p, &packet));
	fclose(m.out);
	assert_int_equal(m.length, 44 + PCAPNG_LINKTYPES_MAX * (32 + 36));
	free(m.bytes);
}

static void
odd_values_are_made_lawful(void **state)
{
	char *comment = malloc(70000);
	struct pcapng_packet packet = {.time = -5,
				       .linktype = RAW,
				       .wire_len = 1,
				       .bytes = bytes_text("abc"),
				       .comment = comment};
	struct memory m;

	(void)state;
	assert_non_null(comment);
	memset(comment, 'x', 69999);
	comment[69999] = '\0';
	begin(&m, "");
	assert_true(pcapng_packet(&m.p, &packet));
	fclose(m.out);
	assert_int_equal(at(&m, 44 + 32 + 12, 4), 0);
	assert_int_equal(at(&m, 44 + 32 + 16, 4), 0);
	assert_int_equal(at(&m, 44 + 32 + 24, 4), 3);
	assert_int_equal(at(&m, 44 + 32 + 32 + 2, 2), PCAPNG_COMMENT_MAX);
	free(comment);
	free(m.bytes);
}

static void
libpcap_reads_what_was_written(void **state)
{
	static const char *const payloads[] = {"a", "ab", "abc", "abcd", "abcde", ""};
	const size_t count = sizeof(payloads) / sizeof(payloads[0]);
	struct pcap_pkthdr *header;
	char error[PCAP_ERRBUF_SIZE];
	const u_char *bytes;
	struct memory m;
	pcap_t *reader;

	(void)state;
	begin(&m, "an incident");
	for (size_t i = 0; i < count; i++) {
		const struct pcapng_packet packet = {.time = START + (int64_t)i,
						     .linktype = RAW,
						     .wire_len = 100,
						     .bytes = bytes_text(payloads[i]),
						     .comment = i % 2 == 0 ? "C: EHLO" : NULL};

		assert_true(pcapng_packet(&m.p, &packet));
	}
	fclose(m.out);
	reader = pcap_fopen_offline(fmemopen(m.bytes, m.length, "rb"), error);
	assert_non_null(reader);
	assert_int_equal(pcap_datalink(reader), DLT_RAW);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(pcap_next_ex(reader, &header, &bytes), 1);
		assert_int_equal(header->caplen, strlen(payloads[i]));
		assert_int_equal(header->len, 100);
		assert_true(header->ts.tv_sec == START / 1000000);
		assert_true(header->ts.tv_usec == START % 1000000 + (int64_t)i);
		assert_memory_equal(bytes, payloads[i], header->caplen);
	}
	assert_int_equal(pcap_next_ex(reader, &header, &bytes), PCAP_ERROR_BREAK);
	pcap_close(reader);
	free(m.bytes);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_file_begins_with_its_section),
	    cmocka_unit_test(a_packet_is_padded_and_keeps_its_lengths),
	    cmocka_unit_test(an_interface_is_described_once_a_link_type),
	    cmocka_unit_test(what_does_not_fit_is_refused_and_not_written),
	    cmocka_unit_test(odd_values_are_made_lawful),
	    cmocka_unit_test(libpcap_reads_what_was_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
