/*
 * Who took part in a session: the keys and names under which something is
 * known of them. Wire text is made printable here, and lower case.
 */
#ifndef MONITOR_BASELINE_PARTIES_H
#define MONITOR_BASELINE_PARTIES_H

#include "dissector/session.h"
#include "monitor/address.h"
#include "monitor/baseline/memory.h"

#define ENDPOINT_TEXT_MAX (INET6_ADDRSTRLEN + 8)
#define NODE_NAME_MAX     (MARK_VALUE_MAX - 10) /* bytes of a name before its extensions */

struct parties {
	char server[SUBJECT_KEY_MAX], pair[SUBJECT_KEY_MAX]; /* keys of subjects */
	char client[SUBJECT_KEY_MAX], network[SUBJECT_KEY_MAX];
	char name[SUBJECT_KEY_MAX]; /* empty where the server has none */
	/* Values of marks. */
	char endpoint[ENDPOINT_TEXT_MAX]; /* "198.51.100.25 25" */
	char at[MARK_VALUE_MAX];          /* the same, and whose it is: "... 25 example.net" */
	char from[NETWORK_TEXT_MAX];      /* "192.0.2.0/24" */
	char node_name[MARK_VALUE_MAX];   /* what the server calls itself; empty: not seen */
	char node[MARK_VALUE_MAX];        /* the name, and which extensions it has; or empty */
	char helo[MARK_VALUE_MAX];
	/* Extensions of the EHLO reply that say something of the server's software, in its order.
	 */
	char extensions[EHLO_LINES_MAX][MARK_VALUE_MAX];
	size_t extension_count;
};

void parties_of(const struct session *s, struct parties *out);

/*
 * Every name under which a client may come again to where a session failed, as values of marks.
 * called: the server's name, see called.h; empty: none.
 */
#define NAMES_RECIPIENTS 8 /* domains; more are not looked at */
struct party_names {
	char at[NAMES_RECIPIENTS + 3][MARK_VALUE_MAX];
	size_t count;
};
void parties_names(const struct session *s, const struct parties *p, const char *called,
		   struct party_names *out);

/* The key under which is kept what servers of that name offer, at whatever address. */
void parties_name_key(const char *name, char out[SUBJECT_KEY_MAX]);

/* The first word: in the first line of an EHLO reply, and of a greeting behind its code, the
 * server's name, RFC 5321 sections 4.1.1.1 and 4.2. Borrowed from the line. */
struct bytes parties_name_in(struct bytes line);

/* The value of a mark that is wire text. */
void mark_value(struct bytes wire, char out[MARK_VALUE_MAX]);

/* Whether a value of a server is of this endpoint, and whose it is: "" where it has no name. */
bool at_is_of(const char *at, const char *endpoint);
const char *at_owner(const char *at);

/* Which extensions a node has, as the end of its value says: those of this reply but for one. */
#define SHAPE_TEXT_MAX sizeof("00000000")
void shape_without(const struct parties *p, size_t extension, char out[SHAPE_TEXT_MAX]);
bool node_is_of_shape(const char *node, const char *shape);

/* Whether two values of nodes are of one name. */
bool node_is_of_name(const char *node, const char *name);

/* Key and name of a certificate, and its issuer, as values. */
void parties_key(const struct session *s, char out[MARK_VALUE_MAX]);
void parties_issuer(const struct session *s, char out[MARK_VALUE_MAX]);

/* Whether two values of keys are of one name. */
bool key_is_of_name(const char *a, const char *b);

/* A key, and whom it was shown to, as a value; whether one is of this key, or of any of its name.
 */
void parties_shown(const char *key, const char *from, char out[MARK_VALUE_MAX]);
bool shown_is_of_key(const char *shown, const char *key);
bool shown_is_of_name(const char *shown, const char *key);
const char *shown_from(const char *shown); /* the network: part of the value */

#endif
