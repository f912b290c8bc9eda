/*
 * One line of an EHLO reply to the extension it offers (RFC 5321 section
 * 4.1.1.1). Says what is offered; what a line that is nearly a keyword may hide
 * is for others to judge.
 */
#ifndef DISSECTOR_EXTENSION_H
#define DISSECTOR_EXTENSION_H

#include "dissector/bytes.h"

/*
 * The keyword of a line (behind code and separator): all up to the first
 * blank; empty where the line begins with one.
 */
struct bytes extension_keyword(struct bytes line);

/*
 * Whether the line offers STARTTLS: the whole keyword at its place, in any
 * case, with no parameter (RFC 3207 section 2); blanks behind it are seen in the
 * field and are let pass.
 */
bool extension_is_starttls(struct bytes line);

#endif
