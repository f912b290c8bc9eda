/* What a tap delivered and sinks took of late; see lately.h. */
#include "db/lately.h"

#include "db/inside.h"

bool
lately_read(struct store *s, int64_t since, struct lately *out)
{
	struct sql *q = sql_use(s->file, "SELECT count(*), total(seen <> 'both') FROM sessions"
					 " WHERE start >= ?1");

	*out = (struct lately){0};
	sql_put_int(q, since);
	if (sql_row(q)) {
		out->sessions = sql_take_int(q);
		out->one_sided = sql_take_int(q);
	}
	if (!sql_end(q))
		return false;
	q = sql_use(s->file, "SELECT total(packets), total(dropped), total(untold), total(crashed)"
			     " FROM capture WHERE minute >= ?1");
	sql_put_int(q, since);
	if (sql_row(q)) {
		out->packets = sql_take_int(q);
		out->dropped = sql_take_int(q);
		out->untold = sql_take_int(q);
		out->crashed = sql_take_int(q);
	}
	if (!sql_end(q))
		return false;
	q = sql_use(s->file,
		    "SELECT count(*) FROM deliveries WHERE (state = 'waiting' AND tries > 0)"
		    " OR (state = 'failed' AND done >= ?1)");
	sql_put_int(q, since);
	out->untaken = sql_int(q, 0);
	return !sql_failed(s->file);
}
