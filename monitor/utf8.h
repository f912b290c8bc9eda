/* Text in UTF-8, RFC 3629. Pure. */
#ifndef MONITOR_UTF8_H
#define MONITOR_UTF8_H

#include "dissector/bytes.h"

/*
 * Bytes of the character at the front of in; 0 where there is none: in is empty,
 * begins with a control of ASCII (NUL and tab are among them), or is no
 * well-formed UTF-8 there. The controls of C1 count as characters.
 */
size_t utf8_character(struct bytes in);

#endif
