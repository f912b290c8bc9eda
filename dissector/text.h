/*
 * ASCII text off the wire: comparisons without a locale, numbers, and hostile
 * bytes made printable. Text here is a view with a length and may hold NUL.
 * Never allocates; knows nothing of any protocol.
 */
#ifndef DISSECTOR_TEXT_H
#define DISSECTOR_TEXT_H

#include "dissector/bytes.h"

bool text_is_digit(uint8_t c);
bool text_is_alpha(uint8_t c);
bool text_is_blank(uint8_t c); /* space or tab */
uint8_t text_lower(uint8_t c);

/* Equal but for the case of ASCII letters. */
bool text_equal(struct bytes a, struct bytes b);

/* in begins with prefix, but for the case of ASCII letters. */
bool text_starts(struct bytes in, struct bytes prefix);

/* Index of the first occurrence of what, case ignored, or in.len where there is none. */
size_t text_find(struct bytes in, struct bytes what);

/* Without blanks (space, tab) at either end. */
struct bytes text_trim(struct bytes in);

/* The first word: all before the first blank (space, tab). Empty where that stands first. */
struct bytes text_word(struct bytes in);

/*
 * The whole of in as a decimal number of at most 20 digits. False where it is
 * empty, holds anything but digits, or does not fit.
 */
bool text_number(struct bytes in, uint64_t *out);

/*
 * Write in to out as printable ASCII: 0x20 to 0x7e as they are, but a
 * backslash as "\\"; other bytes as "\xNN". Always closes with NUL where cap
 * is not zero; stops at the last unit that fits. Returns the length written,
 * NUL not counted.
 */
size_t text_printable(struct bytes in, char *out, size_t cap);

#endif
