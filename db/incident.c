#include "db/incident.h"

#include <stdio.h>
#include <string.h>

#include "db/inside.h"
#include "db/surge.h"

#define STATE_MAX 16 /* bytes of its name */

static const char read_state[] = "SELECT state FROM incidents WHERE id = ?1";

/* ?3 is the state that it had: what is part of it and stands like it goes with it; all closes. */
static const char set_state[] = "UPDATE incidents SET state = ?2 WHERE id IN " SURGE_DOWN
				" AND (id = ?1 OR state = ?3 OR ?2 = 'closed')";
static const char set_note[] = "UPDATE incidents SET note = coalesce(?2, note) WHERE id = ?1";

static bool
read_one(struct store *s, int64_t id, char state[STATE_MAX])
{
	struct sql *q = sql_use(s->file, read_state);

	sql_put_int(q, id);
	state[0] = '\0';
	if (sql_row(q))
		snprintf(state, STATE_MAX, "%s", sql_take_text(q));
	return sql_end(q);
}

static bool
change(struct store *s, int64_t id, const char *before, const char *state, const char *note)
{
	struct sql *q = sql_use(s->file, set_state);

	sql_put_int(q, id);
	sql_put_text(q, state);
	sql_put_text(q, before);
	if (!sql_run(q))
		return false;
	q = sql_use(s->file, set_note);
	sql_put_int(q, id);
	sql_put_text(q, note);
	return sql_run(q) && (strcmp(state, "closed") == 0 || surge_leave_closed(s, id));
}

enum incident_changed
incident_set_state(struct store *s, int64_t id, const char *state, const char *note)
{
	char before[STATE_MAX];
	bool is_good;

	if (!store_begin(s))
		return INCIDENT_FAILED;
	is_good = read_one(s, id, before);
	if (is_good && before[0] != '\0')
		is_good = change(s, id, before, state, note);
	if (!is_good) {
		store_rollback(s);
		return INCIDENT_FAILED;
	}
	if (!store_commit(s))
		return INCIDENT_FAILED;
	return before[0] == '\0' ? INCIDENT_ABSENT : INCIDENT_CHANGED;
}

static const char exists[] = "SELECT count(*) FROM incidents WHERE id = ?1";

enum maybe
incident_exists(struct store *s, int64_t id)
{
	struct sql *q = sql_use(s->file, exists);
	int64_t count;

	sql_put_int(q, id);
	count = sql_int(q, -1);
	if (count < 0)
		return MAYBE_NULL;
	return count == 0 ? MAYBE_NO : MAYBE_YES;
}

static const char exemplar[] =
    "SELECT e.id FROM incidents e WHERE e.id IN " SURGE_DOWN " AND (e.id = ?1 AND e.server <> ''"
    " AND e.client_net <> '' OR EXISTS (SELECT 1 FROM kept k WHERE k.incident_id = e.id)) ORDER BY"
    " e.id <> ?1, e.severity DESC, e.certainty DESC, e.id LIMIT 1";

int64_t
incident_exemplar(struct store *s, int64_t id)
{
	struct sql *q = sql_use(s->file, exemplar);
	int64_t found;

	sql_put_int(q, id);
	found = sql_int(q, 0);
	return sql_failed(s->file) ? -1 : found;
}

static const char kept_proofs[] =
    "SELECT what, value, is_count FROM evidence WHERE incident_id = ?1 AND place = ?2 ORDER BY seq";
static const char kept_lines[] =
    "SELECT time, side = 'server', text FROM transcripts WHERE session_id = ?1 ORDER BY seq";
static const char kept_packets[] =
    "SELECT time, side = 'server', linktype, wire_len, bytes FROM packets WHERE session_id = ?1"
    " ORDER BY seq";
static const char kept_certificates[] =
    "SELECT der FROM certificates WHERE session_id = ?1 ORDER BY seq";

static bool
walk_proofs(struct store *s, int64_t id, int64_t place, const struct incident_teller *teller)
{
	struct sql *q = sql_use(s->file, kept_proofs);

	sql_put_int(q, id);
	sql_put_int(q, place);
	while (sql_row(q)) {
		struct proof_row proof;

		proof.what = sql_take_text(q);
		proof.value = sql_take_text(q);
		proof.is_count = sql_take_int(q) != 0;
		teller->proof(teller->ctx, &proof);
	}
	return sql_end(q);
}

static bool
walk_lines(struct store *s, int64_t session, const struct incident_teller *teller)
{
	struct sql *q = sql_use(s->file, kept_lines);

	sql_put_int(q, session);
	while (sql_row(q)) {
		struct line_row line;

		line.time = sql_take_int(q);
		line.from_server = sql_take_int(q) != 0;
		line.text = sql_take_text(q);
		teller->line(teller->ctx, &line);
	}
	return sql_end(q);
}

static bool
walk_packets(struct store *s, int64_t session, const struct incident_teller *teller)
{
	struct sql *q = sql_use(s->file, kept_packets);

	sql_put_int(q, session);
	while (sql_row(q)) {
		struct packet_row packet;

		packet.time = sql_take_int(q);
		packet.from_server = sql_take_int(q) != 0;
		packet.linktype = (uint32_t)sql_take_int(q);
		packet.wire_len = (uint32_t)sql_take_int(q);
		packet.bytes = sql_take_blob(q, &packet.len);
		teller->packet(teller->ctx, &packet);
	}
	return sql_end(q);
}

static bool
walk_certificates(struct store *s, int64_t session, const struct incident_teller *teller)
{
	struct sql *q = sql_use(s->file, kept_certificates);

	sql_put_int(q, session);
	while (sql_row(q)) {
		struct certificate_row certificate;

		certificate.der = sql_take_blob(q, &certificate.len);
		teller->certificate(teller->ctx, &certificate);
	}
	return sql_end(q);
}

/* The first three in order of place, the latest in place 4. */
static const char kept_sessions[] =
    "SELECT place, session_id, whole FROM kept WHERE incident_id = ?1 ORDER BY place";

bool
incident_walk(struct store *s, int64_t id, const struct incident_teller *teller)
{
	struct sql *q = sql_use(s->file, kept_sessions);
	bool is_good = true;

	sql_put_int(q, id);
	while (is_good && sql_row(q)) {
		int64_t place = sql_take_int(q);
		int64_t session = sql_take_int(q);

		if (teller->session != NULL)
			teller->session(teller->ctx, session, sql_take_int(q) != 0);
		is_good = (teller->proof == NULL || walk_proofs(s, id, place, teller)) &&
			  (teller->line == NULL || walk_lines(s, session, teller)) &&
			  (teller->packet == NULL || walk_packets(s, session, teller)) &&
			  (teller->certificate == NULL || walk_certificates(s, session, teller));
	}
	return sql_end(q) && is_good;
}

static const char evidence[] = "SELECT e.value ->> 'what', e.value ->> 'value' FROM v_incidents i,"
			       " json_each(i.evidence) e WHERE i.id = ?1 ORDER BY e.key";

bool
incident_evidence(struct store *s, int64_t id,
		  void (*tell)(void *ctx, const char *what, const char *value), void *ctx)
{
	struct sql *q = sql_use(s->file, evidence);

	sql_put_int(q, id);
	while (sql_row(q)) {
		const char *what = sql_take_text(q);
		const char *value = sql_take_text(q);

		tell(ctx, what, value);
	}
	return sql_end(q);
}

static const char count_packets[] =
    "SELECT count(*) FROM packets WHERE session_id IN (SELECT session_id FROM kept WHERE"
    " incident_id = ?1)";

int64_t
incident_packets(struct store *s, int64_t id)
{
	struct sql *q = sql_use(s->file, count_packets);

	sql_put_int(q, id);
	return sql_int(q, -1);
}
