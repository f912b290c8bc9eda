/*
 * Stream bytes to lines, with a cap on length.
 *
 * A line that lies whole inside one input is read in place; what is unfinished
 * waits in a chain of the pool. A line ends with LF: the CR in front of it is
 * RFC 5321 section 2.3.8's, and bare LF is what lax senders in the field use.
 * A CR alone ends nothing. Knows nothing of what the lines say.
 */
#ifndef DISSECTOR_LINE_H
#define DISSECTOR_LINE_H

#include "dissector/pool.h"

/*
 * Bytes of a line that are read, its end included. RFC 5321 section 4.5.3.1.4
 * asks for 512, extensions add some hundreds, RFC 4954 section 4 has 12288 for
 * AUTH; nothing behind 2048 bytes of a line matters here.
 */
#define LINE_CAP 2048

struct line {
	struct bytes text;  /* without its end, and without CRs right before it */
	struct bytes whole; /* as it stood in the stream; no longer than LINE_CAP */
	bool is_bare;       /* ended by LF without CR */
	bool is_cut;        /* longer than LINE_CAP: text and whole are its beginning */
	bool is_lost;       /* the pool refused: nothing is known but that there was a line */
};

/* One side's unfinished line. All zero is none. */
struct line_reader {
	struct chain held;
	bool is_cut, is_lost;
};

/*
 * Read up to the end of a line and move *in past what was read. True where a
 * line is whole: *out is borrowed from *in or from room until either changes.
 * False where all of *in was taken and the line goes on.
 */
bool line_read(struct line_reader *r, struct pool *p, struct bytes *in, uint8_t room[LINE_CAP],
	       struct line *out);

/* Some bytes of a line were read and its end was not. */
bool line_is_unfinished(const struct line_reader *r);

/*
 * Take the unfinished line as it is, without its end; false where there is
 * none. *out is borrowed from room.
 */
bool line_flush(struct line_reader *r, struct pool *p, uint8_t room[LINE_CAP], struct line *out);

/* Forget the unfinished line; the next byte begins another. */
void line_drop(struct line_reader *r, struct pool *p);

#endif
