/*
 * How an alert is written: a function for each format, and the words that
 * several of them share.
 *
 * Private to alert.c and render_*.c. Whatever an incident holds may come from the
 * wire: each format bounds it and escapes it for its reader, and what is no
 * well-formed UTF-8 or no printable character does not get through.
 */
#ifndef MONITOR_ALERT_RENDER_H
#define MONITOR_ALERT_RENDER_H

#include "monitor/alert/alert.h"
#include "monitor/json.h"

#define RENDER_TITLE_MAX 256                 /* bytes of a title, NUL included */
#define RENDER_VALUE_MAX 1024                /* bytes of one text that is shown, NUL included */
#define RENDER_JSON_MAX  ((size_t)192 << 10) /* bytes of an incident's object as it was stored */
/*
 * Bytes of the two texts of a line of evidence. All lines, with each byte escaped, in mail by
 * three, are less than DISPATCH_PAYLOAD_MAX.
 */
#define RENDER_WHAT_MAX     128
#define RENDER_EVIDENCE_MAX 768

/* What is written, and where. */
struct rendering {
	const struct alert *alert;
	const struct sink *sink;
	const char *host; /* of this machine; NULL: not known */
	FILE *out;
};

/* False where memory is out; whether out took it is for the caller to ask. */
bool render_json(const struct rendering *r);
bool render_ecs(const struct rendering *r);
bool render_eve(const struct rendering *r);
bool render_syslog(const struct rendering *r);
bool render_alertmanager(const struct rendering *r);
bool render_chat(const struct rendering *r);
bool render_mail(const struct rendering *r);

/*
 * One line of well-formed UTF-8: what is no printable character becomes a blank, or U+FFFD
 * where it is no character at all. Cut between characters, with "..." at its end, where size
 * bytes do not hold it. NULL is "". Returns its length.
 */
size_t render_line(const char *text, char *out, size_t size);

/* A member whose value is such a line; none where it is empty. */
void render_member(struct json_object *o, const char *name, const char *text);

/* A moment in RFC 3339. */
void render_member_moment(struct json_object *o, const char *name, int64_t moment);

/* What happened, in a line: how grave, what, and what became of the incident. */
void render_title(const struct alert *a, char out[RENDER_TITLE_MAX]);

/* All of it, for people: lines of UTF-8 that end in LF, each at most a few KiB. */
void render_text(const struct alert *a, FILE *out);

/* The incident's object; null where the alert is of none. One line of well-formed UTF-8. */
void render_incident(const struct alert *a, FILE *out);

/* The kind's title, its name where it has none; "" where it is not known. */
const char *render_kind_title(const struct alert *a);

/* "192.0.2.25:25", "[2001:db8::25]:25"; "several" where it is not one. */
void render_server(const struct alert *a, char out[RENDER_VALUE_MAX]);

#endif
