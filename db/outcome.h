/*
 * Outcomes of sessions as bits, for an incident has as many as its sessions do.
 * Rows hold these numbers: they never change.
 */
#ifndef DB_OUTCOME_H
#define DB_OUTCOME_H

/* SQL: the bit of an outcome. */
#define OUTCOME_BIT(outcome)                                                                       \
	"CASE " outcome " WHEN 'encrypted' THEN 1 WHEN 'plaintext' THEN 2 WHEN 'tls-failed' THEN " \
	"4 WHEN 'no-mail' THEN 8 WHEN 'partial' THEN 16 ELSE 32 END"

#endif
