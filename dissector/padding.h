/*
 * Padding where words should be: what a device on the way leaves of a command
 * that it does not let pass (runs of X, x or *, the last one sometimes an
 * ordinal letter), and what a server's error reply quotes of it. Says what
 * stands there, never what it once was.
 */
#ifndef DISSECTOR_PADDING_H
#define DISSECTOR_PADDING_H

#include "dissector/bytes.h"

/*
 * Devices that pad a command keep its length; a run of another length in an
 * error text is decoration or something made anonymous.
 */
#define PADDING_LEN 8 /* of STARTTLS */

#define PADDING_RUN_MIN 3 /* letters of padding: fewer occur in words */

/* All of word is padding, but maybe for a letter at its end. */
bool padding_is_word(struct bytes word);

/* STARTTLS with one letter more or fewer, or with one or two others. */
bool padding_is_near_miss(struct bytes word);

/*
 * The word in a server's error text that STARTTLS cannot have been echoed
 * as: padding of its length that the text quotes (in quotes or brackets, or
 * behind ": ") or begins or ends with, or a near miss of STARTTLS that it quotes.
 * START-TLS and START_TLS are how people write it. Borrowed from text; empty
 * for none.
 */
struct bytes padding_echo(struct bytes text);

#endif
