/*
 * Strings of JSON, RFC 8259 section 7, and arrays of them: written to a stream or
 * into a buffer, and read back. Objects are the database's (SQLite), printed
 * around these, or put together by members.
 */
#ifndef MONITOR_JSON_H
#define MONITOR_JSON_H

#include <stdio.h>

#include "dissector/bytes.h"

/*
 * A string with its quotes. Controls are escaped; what is no well-formed UTF-8
 * becomes U+FFFD, a character for each byte.
 */
void json_put_text(FILE *out, const char *text);

/* An object that is being written, member by member; names are ours and need no escapes. */
struct json_object {
	FILE *out;
	bool has_member;
};

struct json_object json_object_begin(FILE *out);
void json_object_end(struct json_object *o);

/* The name of a member; its value is to be written next. */
void json_member(struct json_object *o, const char *name);

/* A text; NULL: no member is written. */
void json_member_text(struct json_object *o, const char *name, const char *text);
void json_member_number(struct json_object *o, const char *name, int64_t number);

/* An array of strings in a buffer of the caller's; always whole, NUL at its end. */
struct json_list {
	char *at;
	size_t len, size;
};

/* An empty one; size is at least 3. */
struct json_list json_list_over(char *at, size_t size);

/* Add printable ASCII. False, and the array as it was, where it does not fit. */
bool json_list_add(struct json_list *l, struct bytes text);

/*
 * The next string of such an array, at *list, which may be NULL; it is cut where
 * it does not fit into size bytes. False at the end.
 */
bool json_list_next(const char **list, char *out, size_t size);

#endif
