/*
 * Before a list is made: which rows its filter can hold at all, where those are few.
 *
 * Lists go by time, and let a filter look at each row. Where what is wanted is
 * rare that is nearly every row of the table: so indexes are asked first for
 * what the filter's addresses and domain have in common, and for the latest of
 * that which have the rest of it (db/latest.h). Where addresses have too many rows
 * and nothing else is asked for, going by time meets enough of them soon. Reads
 * only.
 */
#ifndef DB_NARROW_H
#define DB_NARROW_H

#include "db/inside.h"
#include "db/query.h"

/* What numbers are divided by that tell few rows from many: a test has few. */
#ifndef NARROW_PART
#define NARROW_PART 1
#endif

/* So many rows are looked at one by one where a list has no limit; those of incidents are short. */
#define NARROW_FEW           (10000 / NARROW_PART)
#define NARROW_FEW_INCIDENTS (40000 / NARROW_PART)

struct narrow {
	bool is_few;
	char *ids;     /* where few: a JSON array of numbers; the caller's to free */
	int64_t until; /* sessions, where many: none that starts later can be in the filter */
};

/* False: store_error says why, or memory is out. */
bool narrow_sessions(struct store *s, const struct filter *f, struct narrow *out);
bool narrow_incidents(struct store *s, const struct filter *f, struct narrow *out);

/*
 * SQL that holds for a row d of domains which is the filter's. Two parameters:
 * narrow_put_domain binds them, of a NULL domain as NULL.
 */
#define NARROW_DOMAIN(bare, dotted)                                              \
	"(d.reversed = reversed(" bare ") OR (d.reversed > reversed(" dotted ")" \
	" AND d.reversed < reversed(" dotted ") || char(127)))"

/* Without the leading dot; and with it, NULL where the filter is not for subdomains. */
void narrow_put_domain(struct sql *q, const char *domain);

#endif
