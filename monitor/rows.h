/*
 * One judged session as rows of the database: names for numbers, printable
 * text for wire text, lower-case A-labels for domains. Owns the text of one
 * session at a time. Knows no database, only what its rows look like.
 */
#ifndef MONITOR_ROWS_H
#define MONITOR_ROWS_H

#include "db/session.h"
#include "monitor/record.h"

struct rows;
struct mutes; /* monitor/alert/mute.h */

/* NULL where memory is out. */
struct rows *rows_new(void);
void rows_free(struct rows *r);

/* Findings are held against these mutes from now on, borrowed. */
void rows_mute(struct rows *r, const struct mutes *mutes);

/*
 * Fill in *out but for its sensor. evidence may be NULL. All text is lent
 * until the next call, and what comes from v and evidence as long as they live.
 */
void rows_of(struct rows *r, const struct session *s, const struct verdict *v,
	     const struct evidence_view *evidence, struct session_row *out);

/* One finding alone, of a session that row tells of. What is of it alone is lent like the rest. */
void rows_finding(struct rows *r, const struct session_row *row, const struct finding *f,
		  struct finding_row *out);

#endif
