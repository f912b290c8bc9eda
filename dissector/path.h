/*
 * The argument of MAIL and RCPT to its parts: reverse-path or forward-path and
 * parameters (RFC 5321 sections 4.1.1.2, 4.1.1.3 and 4.1.2). Lax as servers
 * are: missing angle brackets, blanks behind the colon. Never keeps a local
 * part: it only says where one stands.
 */
#ifndef DISSECTOR_PATH_H
#define DISSECTOR_PATH_H

#include "dissector/bytes.h"

#define PATH_DOMAIN_MAX 255 /* bytes of a domain, RFC 1035 section 2.3.4 */

struct path {                    /* all borrowed from the argument */
	struct bytes route;      /* "@a,@b:" of a source route, RFC 5321 appendix C */
	struct bytes local;      /* local part, its quotes included */
	struct bytes domain;     /* as it stood; a literal with its brackets; empty for none */
	bool has_at;             /* an '@' stood before the domain */
	struct bytes parameters; /* behind the path */
};

/*
 * Read "FROM:<...> parameters" or "TO:<...> parameters". False where the
 * keyword is missing.
 */
bool path_read(struct bytes argument, struct path *out);

/*
 * The domain as it is kept: ASCII letters lower case, no dot at the end.
 * Returns its length, 0 where it is no domain.
 */
size_t path_domain(const struct path *p, uint8_t out[PATH_DOMAIN_MAX]);

/* Whether a name has a dot inside or is an address literal, as a word of text hardly is. */
bool path_is_dotted(struct bytes name);

/* Whether one of the parameters is this keyword, without a value. */
bool path_has_parameter(const struct path *p, struct bytes keyword);

#endif
