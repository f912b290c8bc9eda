/*
 * What incidents and findings are told apart by in indexes: outcomes of sessions
 * as bits, for an incident has as many as its sessions do, and how long it lasts.
 * Rows hold these numbers: they never change.
 */
#ifndef DB_OUTCOME_H
#define DB_OUTCOME_H

/* SQL: the bit of an outcome; 0 of NULL. */
#define OUTCOME_BIT(outcome)                                                                       \
	"CASE WHEN " outcome " IS NULL THEN 0 WHEN " outcome " = 'encrypted' THEN 1 WHEN " outcome \
	" = 'plaintext' THEN 2 WHEN " outcome " = 'tls-failed' THEN 4 WHEN " outcome               \
	" = 'no-mail' THEN 8 WHEN " outcome " = 'partial' THEN 16 ELSE 32 END"

/*
 * SQL: how long what was first and last seen at these times lasts: octal digits
 * of the minutes. 1 is less than 8 minutes, each one more is 8 times that.
 */
#define SPAN_OF(last, first) "length(printf('%o', (" last " - " first ") / 60000000))"

#endif
