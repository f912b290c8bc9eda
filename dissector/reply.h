/*
 * Server lines to one reply, however many lines it has (RFC 5321 section
 * 4.2.1). Lax where the field is: a tab behind the code, a code without text,
 * codes that change from line to line. Knows nothing of commands.
 */
#ifndef DISSECTOR_REPLY_H
#define DISSECTOR_REPLY_H

#include "dissector/bytes.h"

struct reply_line {
	uint16_t code;     /* 100 to 599 */
	bool is_last;      /* no hyphen behind the code */
	struct bytes text; /* behind code and separator */
};

/* One reply as far as it was read. All zero is one of which nothing was read. */
struct reply {
	uint16_t code;  /* of the line read last: the last one counts */
	uint16_t lines; /* stops at its largest value */
};

/* Read one line without its end. False where it is no line of a reply. */
bool reply_line_read(struct bytes line, struct reply_line *out);

/* Add a line to a reply; true where it was the last. */
bool reply_add(struct reply *r, const struct reply_line *line);

#endif
