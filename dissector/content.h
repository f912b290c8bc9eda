/*
 * Where message text behind DATA ends: the line with a dot alone, RFC 5321
 * section 4.1.1.4. Remembers no more than how the last bytes stood, so that a
 * message of any size passes. Never keeps text.
 */
#ifndef DISSECTOR_CONTENT_H
#define DISSECTOR_CONTENT_H

#include "dissector/bytes.h"

/* How the bytes before the next one stood. */
enum content_state {
	CONTENT_AT_LINE, /* behind CRLF, or at the very beginning */
	CONTENT_INSIDE,
	CONTENT_CR,
	CONTENT_BARE_LINE, /* behind LF without CR */
	CONTENT_DOT,       /* CRLF "." */
	CONTENT_DOT_CR,
	CONTENT_BARE_DOT, /* LF "." */
	CONTENT_BARE_DOT_CR
};

enum content_end {
	CONTENT_GOES_ON,
	CONTENT_ENDS,    /* CRLF "." CRLF */
	CONTENT_MAY_END, /* the same with LF without CR somewhere: some servers take it so */
};

/*
 * Read on up to an end of either sort and move *in behind it; all of it where
 * there is none.
 */
enum content_end content_read(enum content_state *state, struct bytes *in);

#endif
