/*
 * A struct as a table of its fields, so that one list drives both directions:
 * what is packed and what is taken back, and every check on the way.
 *
 * Packing makes values fit (a text too long is cut, a number too large is held
 * at its border); taking refuses what does not. Owns nothing.
 */
#ifndef MONITOR_ROLE_FIELDS_H
#define MONITOR_ROLE_FIELDS_H

#include "dissector/packet.h"
#include "monitor/role/packer.h"

enum form {
	FORM_BOOL,   /* bool */
	FORM_CHOICE, /* an enum, 0 to most */
	FORM_NUMBER, /* an unsigned integer of width bytes */
	FORM_COUNT,  /* uint64_t up to INT64_MAX: what a database can hold */
	FORM_TIME,   /* int64_t within TIME_LEAST to TIME_MOST */
	FORM_RAW,    /* width bytes as they are */
	FORM_TEXT,   /* char array of most bytes: printable ASCII, closed by NUL */
	FORM_VIEW,   /* struct bytes of at most most bytes (most under 65,536) */
	FORM_ADDRESS /* struct address, IPv4 or IPv6 */
};

struct field {
	uint16_t at; /* in the struct */
	uint8_t form;
	uint8_t width;
	uint32_t most;
};

/* Times that may cross: years 1 to 9999, microseconds since the epoch. */
#define TIME_LEAST (-INT64_C(62135596800000000))
#define TIME_MOST  INT64_C(253402300799999999)

/* Rows of a table for struct type s. */
#define FIELD(s, m, form, most)                                               \
	{                                                                     \
		offsetof(struct s, m), form, sizeof(((struct s *)0)->m), most \
	}
#define FIELD_BOOL(s, m)         FIELD(s, m, FORM_BOOL, 1)
#define FIELD_CHOICE(s, m, most) FIELD(s, m, FORM_CHOICE, most)
#define FIELD_NUMBER(s, m)       FIELD(s, m, FORM_NUMBER, 0)
#define FIELD_COUNT(s, m)        FIELD(s, m, FORM_COUNT, 0)
#define FIELD_TIME(s, m)         FIELD(s, m, FORM_TIME, 0)
#define FIELD_RAW(s, m)          FIELD(s, m, FORM_RAW, 0)
#define FIELD_TEXT(s, m)         FIELD(s, m, FORM_TEXT, sizeof(((struct s *)0)->m))
#define FIELD_VIEW(s, m, most)   FIELD(s, m, FORM_VIEW, most)
#define FIELD_ADDRESS(s, m)      FIELD(s, m, FORM_ADDRESS, 0)

#define FIELDS(table) (sizeof(table) / sizeof((table)[0]))

/* Append the fields of the struct at from, in the order of the table. */
void fields_put(struct packer *p, const struct field *table, size_t count, const void *from);

/*
 * Fill the fields of the struct at to; views are borrowed from the cursor's
 * bytes. False where a value is out of its range or the bytes end early.
 */
bool fields_get(struct cursor *c, const struct field *table, size_t count, void *to);

#endif
