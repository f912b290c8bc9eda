/*
 * Padding where words should be: what a device on the way leaves of a command
 * that it does not let pass (runs of X, x or *, the last one sometimes an
 * ordinal letter), and what a server's error reply quotes of it. Says what
 * stands there, never what it once was.
 */
#ifndef DISSECTOR_PADDING_H
#define DISSECTOR_PADDING_H

#include "dissector/bytes.h"

#define PADDING_ECHO_MIN 4 /* a quoted run shorter than this may be ordinary text */

/* All of word is padding, but maybe for a capital letter at its end. */
bool padding_is_word(struct bytes word);

/*
 * The word in a server's error text that STARTTLS cannot have been echoed
 * as: padding, or a near miss of STARTTLS where the text quotes it (in quotes or
 * brackets, or behind ": "). Borrowed from text; empty for none.
 */
struct bytes padding_echo(struct bytes text);

#endif
