/*
 * The words of a finding: its sentence and its proofs.
 *
 * Bytes off the wire enter here and nowhere else, made printable and cut to a
 * length; what does not fit is dropped at the end, never written past it.
 */
#ifndef MONITOR_JUDGE_SAY_H
#define MONITOR_JUDGE_SAY_H

#include "monitor/judge/judge.h"

#define SAID_MAX 120

/* Wire text inside a sentence: printable, in quotes, "..." at its end where it was cut. */
struct said {
	char text[SAID_MAX];
};
struct said said(struct bytes wire);

/* The finding's one sentence, as printf. */
void say_detail(struct finding *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* More of it, behind what stands there. */
void say_more(struct finding *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A proof; none is added beyond PROOFS_MAX. what is cut to its field. */
void say_proof(struct finding *out, const char *what, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* One that counts what was seen until now. */
void say_proof_count(struct finding *out, const char *what, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A proof that is wire text. */
void say_proof_bytes(struct finding *out, const char *what, struct bytes wire);

/* A proof of several lines of wire text, " | " between them; none where count is 0. */
void say_proof_lines(struct finding *out, const char *what, const struct bytes *lines,
		     size_t count);

/* What of the session was captured and what is missing. */
void say_proof_capture(struct finding *out, const struct session *s);

/* The EHLO reply in force. */
void say_proof_ehlo(struct finding *out, const struct session *s);

/* The name that the client asked for in its ClientHello; or that it asked for none. */
void say_proof_asked(struct finding *out, const struct session *s);

/* "client" or "server". */
const char *side_name(enum side side);

/* Severity, certainty and side in one go. */
void rate(struct finding *out, enum severity severity, enum certainty certainty, enum where where);

#endif
