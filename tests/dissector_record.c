/* Records out of a stream: headers, payloads over any cut, gaps, the SSL 2 form. */
#include "dissector/record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What reader says of the bytes, which lie in a block of just their size: one too far is caught. */
static enum got
read_exact(enum got (*reader)(struct bytes in, struct record *out), struct bytes in)
{
	uint8_t *copy = malloc(in.len ? in.len : 1);
	struct record ignored;
	enum got got;

	assert_non_null(copy);
	memcpy(copy, in.at, in.len);
	got = reader((struct bytes){copy, in.len}, &ignored);
	free(copy);
	return got;
}

struct head_row {
	const char *name;
	struct bytes in;
	enum got got;
};

static void
headers_are_judged_from_the_first_byte_on(void **state)
{
	static const struct head_row rows[] = {
	    {"nothing yet", {(const uint8_t *)"", 0}, GOT_PART},
	    {"one byte that fits", {(const uint8_t *)"\x16", 1}, GOT_PART},
	    {"four bytes that fit", {(const uint8_t *)"\x16\x03\x01\x00", 4}, GOT_PART},
	    {"whole", {(const uint8_t *)"\x16\x03\x01\x00\x01", 5}, GOT_WHOLE},
	    {"empty payload", {(const uint8_t *)"\x17\x03\x03\x00\x00", 5}, GOT_WHOLE},
	    {"longest payload", {(const uint8_t *)"\x17\x03\x03\x48\x00", 5}, GOT_WHOLE},
	    {"longer than a record", {(const uint8_t *)"\x17\x03\x03\x48\x01", 5}, GOT_BAD},
	    {"far too long, early", {(const uint8_t *)"\x17\x03\x03\x49", 4}, GOT_BAD},
	    {"heartbeat", {(const uint8_t *)"\x18\x03\x03\x00\x03", 5}, GOT_WHOLE},
	    {"type below", {(const uint8_t *)"\x13", 1}, GOT_BAD},
	    {"type above", {(const uint8_t *)"\x19", 1}, GOT_BAD},
	    {"major version 2", {(const uint8_t *)"\x16\x02", 2}, GOT_BAD},
	    {"minor version 5", {(const uint8_t *)"\x16\x03\x05", 3}, GOT_BAD},
	    {"text", {(const uint8_t *)"220 mx.example\r\n", 16}, GOT_BAD},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (read_exact(record_head, rows[i].in) != rows[i].got)
			fail_msg("%s", rows[i].name);
	}
}

static void
ssl2_hellos_are_known_by_five_bytes(void **state)
{
	static const struct head_row rows[] = {
	    {"one byte that fits", {(const uint8_t *)"\x80", 1}, GOT_PART},
	    {"client, SSL 2", {(const uint8_t *)"\x80\x2e\x01\x00\x02", 5}, GOT_WHOLE},
	    {"client, up to TLS 1.2", {(const uint8_t *)"\x80\x2e\x01\x03\x03", 5}, GOT_WHOLE},
	    {"server", {(const uint8_t *)"\x84\x2e\x04\x00\x01", 5}, GOT_WHOLE},
	    {"other type", {(const uint8_t *)"\x80\x2e\x02", 3}, GOT_BAD},
	    {"other version", {(const uint8_t *)"\x80\x2e\x01\x03\x05", 5}, GOT_BAD},
	    {"too short for its fields", {(const uint8_t *)"\x80\x08", 2}, GOT_BAD},
	    {"longer than any hello", {(const uint8_t *)"\x90\x01", 2}, GOT_BAD},
	    {"no SSL 2 form", {(const uint8_t *)"\x16", 1}, GOT_BAD},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (read_exact(record_head_v2, rows[i].in) != rows[i].got)
			fail_msg("%s", rows[i].name);
	}
}

/* What a reader said of a stream, as text: T type, payload, E end, S stray and what it held. */
static void
transcribe(struct record_reader *r, struct bytes in, size_t step, char *out)
{
	while (in.len > 0) {
		struct bytes piece = bytes_first(in, step);
		struct record_part part;
		enum record_sign sign;

		in = bytes_after(in, piece.len);
		while ((sign = record_read(r, &piece, &part)) == RECORD_PART) {
			if (part.begins)
				out += sprintf(out, "T%d:", (int)r->record.type);
			for (size_t i = 0; i < part.fragment.len; i++)
				out += sprintf(out, "%02x", part.fragment.at[i]);
			if (part.ends)
				out += sprintf(out, "E ");
		}
		if (sign == RECORD_STRAY) {
			sprintf(out, "S%d", (int)r->head_len);
			return;
		}
	}
}

static void
payloads_are_the_same_over_any_cut(void **state)
{
	static const struct {
		struct bytes in;
		const char *said;
	} rows[] = {
	    {BYTES("\x16\x03\x01\x00\x02"
		   "ab"
		   "\x17\x03\x03\x00\x00\x15\x03\x03\x00\x01"
		   "c"),
	     "T22:6162E T23:E T21:63E "},
	    {BYTES("\x80\x09\x01\x00\x02"
		   "abcdef"
		   "\x16\x03\x01\x00\x01"
		   "g"),
	     "T128:010002616263646566E T22:67E "},
	    /* The SSL 2 form stands at the beginning of a stream or nowhere. */
	    {BYTES("\x14\x03\x01\x00\x01\x01\x80\x09\x01\x00\x02"), "T20:01E S1"},
	    {BYTES("\x14\x03\x01\x00\x01\x01"
		   "454 no\r\n"),
	     "T20:01E S1"},
	    {BYTES("\x14\x03\x01\x00\x01\x01\x16\x03\x09"), "T20:01E S3"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (size_t step = 1; step <= rows[i].in.len; step++) {
			struct record_reader r = {0};
			char said[256] = "";

			transcribe(&r, rows[i].in, step, said);
			assert_string_equal(said, rows[i].said);
		}
	}
}

static void
a_gap_within_a_payload_is_counted_past(void **state)
{
	struct record_reader r = {0};
	struct bytes in = BYTES("\x17\x03\x03\x00\x10"
				"abcd");
	struct record_part part;
	char said[64] = "";

	(void)state;
	transcribe(&r, in, in.len, said);
	assert_string_equal(said, "T23:61626364");
	assert_true(record_gap(&r, 11, &part));
	assert_false(part.ends);
	assert_true(record_gap(&r, 1, &part));
	assert_true(part.ends);
	transcribe(&r, BYTES("\x15\x03\x03\x00\x00"), 5, said);
	assert_string_equal(said, "T21:E ");
}

static void
a_gap_over_a_border_loses_the_records(void **state)
{
	struct record_part part;
	struct record_reader between = {0}, in_head = {0}, inside = {0};
	char said[64];

	(void)state;
	assert_false(record_gap(&between, 1, &part));
	transcribe(&in_head, BYTES("\x17\x03"), 2, said);
	assert_false(record_gap(&in_head, 1, &part));
	transcribe(&inside, BYTES("\x17\x03\x03\x00\x10"), 5, said);
	assert_false(record_gap(&inside, 17, &part));
	assert_false(record_gap(&inside, UINT64_MAX, &part));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(headers_are_judged_from_the_first_byte_on),
	    cmocka_unit_test(ssl2_hellos_are_known_by_five_bytes),
	    cmocka_unit_test(payloads_are_the_same_over_any_cut),
	    cmocka_unit_test(a_gap_within_a_payload_is_counted_past),
	    cmocka_unit_test(a_gap_over_a_border_loses_the_records),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
