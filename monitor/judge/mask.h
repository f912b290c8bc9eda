/*
 * Masks: whether a line of an EHLO reply was overwritten or corrupted on the
 * way, and whether what it hides is STARTTLS.
 *
 * Cisco's inspection overwrites a whole line with X and ends it in an ordinal
 * letter; others write X, x or * from end to end; others change a letter. All
 * keep or nearly keep the length. STARTTLS has eight letters, and so have
 * CHUNKING, SMTPUTF8 and 8BITMIME: length alone decides nothing. Pure;
 * borrows, never allocates. Knows nothing of the session around the reply.
 */
#ifndef MONITOR_JUDGE_MASK_H
#define MONITOR_JUDGE_MASK_H

#include "dissector/bytes.h"

enum mask_form {
	MASK_NONE,
	MASK_PADDING,   /* the whole line is X, x or *, maybe with a letter behind */
	MASK_NEAR_MISS, /* STARTTLS but for one or two letters, or with half of them left */
	MASK_EXTRA_WORD /* STARTTLS with something behind it */
};

/* Whether the line hides STARTTLS. */
enum mask_hides {
	HIDES_OTHER,   /* it cannot be STARTTLS */
	HIDES_MAYBE,   /* it can, as well as something else */
	HIDES_LIKELY,  /* the signs are for it */
	HIDES_STARTTLS /* it can be nothing else */
};

/* What the verdict is drawn from; lines behind the code, line ends off. */
struct mask_input {
	const struct bytes *greeting;
	size_t greetings;
	const struct bytes *ehlo; /* [0] names the server */
	size_t ehlos;
};

/* The most telling masked line of the reply. */
struct mask {
	enum mask_form form;
	enum mask_hides hides;
	size_t line;          /* its index in ehlo; meaningful unless MASK_NONE */
	size_t padded;        /* how many lines are padding */
	const char *software; /* whose order decided; NULL: not known */
	const char *why;      /* the reason, a clause for people; "" for MASK_NONE */
	struct bytes other;   /* what it hides or may hide instead; empty: not known */
};

/* Look at a whole EHLO reply. STARTTLS offered beside a mask makes it HIDES_OTHER. */
void mask_of(const struct mask_input *in, struct mask *out);

/* X, x or * from end to end, three at least, maybe with one capital letter behind. */
bool mask_is_padding(struct bytes text);

/*
 * A greeting that is mostly asterisks. Cisco leaves "2", "0" and blanks as
 * they are; a line of asterisks above or around readable text is decoration.
 */
bool mask_of_greeting(const struct bytes *lines, size_t count);

#endif
