/*
 * Places are counted from what is kept, not from how many sessions an incident
 * has: after pruning the next sessions take the free places.
 *
 * One session may be kept by several incidents; its bytes are stored once and
 * go with the last of them.
 */
#include "db/keep.h"

#include <stdlib.h>
#include <string.h>

#define CANDIDATES_MAX 1024       /* sessions that may be the latest; more are written early */
#define JOINS_MAX      4096       /* incidents that they are in */
#define ARENA_MAX      (8u << 20) /* bytes of their copies: room for many EXHIBIT_BYTES_MAX */
#define RECORD_COST    64         /* what a record counts beside its bytes */

/* One candidate for the latest session of an incident. */
struct join {
	int64_t incident;
	uint32_t order; /* in which it came */
	uint32_t candidate;
	const struct proof_row *proofs; /* in the arena */
	size_t proof_count;
};

struct candidate {
	int64_t session;
	struct exhibit exhibit; /* in the arena */
};

struct keep {
	size_t candidate_count, join_count, used;
	struct candidate candidates[CANDIDATES_MAX];
	struct join joins[JOINS_MAX];
	_Alignas(16) char arena[ARENA_MAX];
};

struct keep *
keep_new(void)
{
	/* The arena's pages are taken from the system when they are first used. */
	return calloc(1, sizeof(struct keep));
}

void
keep_free(struct keep *k)
{
	free(k);
}

void
keep_drop(struct keep *k)
{
	if (k == NULL)
		return;
	k->candidate_count = 0;
	k->join_count = 0;
	k->used = 0;
}

/* Take len more bytes of the room; false, and it stays cut, where there are none. */
static bool
spend(size_t *room, size_t len)
{
	if (*room < RECORD_COST || len > *room - RECORD_COST) {
		*room = 0;
		return false;
	}
	*room -= len + RECORD_COST;
	return true;
}

/* As much of an exhibit as may be stored: lines first, they tell most for their size. */
static struct exhibit
cut_to_size(const struct exhibit *in)
{
	struct exhibit out = {0};
	size_t room = EXHIBIT_BYTES_MAX, n;

	if (in == NULL)
		return out;
	out = *in;
	for (n = 0; n < in->line_count && spend(&room, strlen(in->lines[n].text)); n++)
		;
	out.line_count = n;
	for (n = 0; n < in->packet_count && spend(&room, in->packets[n].len); n++)
		;
	out.packet_count = n;
	for (n = 0; n < in->certificate_count && spend(&room, in->certificates[n].len); n++)
		;
	out.certificate_count = n;
	if (out.line_count < in->line_count || out.packet_count < in->packet_count ||
	    out.certificate_count < in->certificate_count)
		out.is_whole = false;
	return out;
}

static const char add_line[] = "INSERT INTO transcripts (session_id, seq, time, side, text)"
			       " VALUES (?1, ?2, ?3, ?4, ?5)";
static const char add_packet[] =
    "INSERT INTO packets (session_id, seq, time, side, linktype, wire_len, bytes)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
static const char add_certificate[] =
    "INSERT INTO certificates (session_id, seq, der) VALUES (?1, ?2, ?3)";

static bool
write_line(struct store *s, int64_t id, size_t seq, const struct line_row *line)
{
	struct sql *q = sql_use(s->file, add_line);

	sql_put_int(q, id);
	sql_put_int(q, (int64_t)seq);
	sql_put_int(q, line->time);
	sql_put_text(q, line->from_server ? "server" : "client");
	sql_put_text(q, line->text);
	return sql_run(q);
}

static bool
write_packet(struct store *s, int64_t id, size_t seq, const struct packet_row *packet)
{
	struct sql *q = sql_use(s->file, add_packet);

	sql_put_int(q, id);
	sql_put_int(q, (int64_t)seq);
	sql_put_int(q, packet->time);
	sql_put_text(q, packet->from_server ? "server" : "client");
	sql_put_int(q, packet->linktype);
	sql_put_int(q, packet->wire_len);
	sql_put_blob(q, packet->bytes, packet->len);
	return sql_run(q);
}

static bool
write_certificate(struct store *s, int64_t id, size_t seq, const struct certificate_row *c)
{
	struct sql *q = sql_use(s->file, add_certificate);

	sql_put_int(q, id);
	sql_put_int(q, (int64_t)seq);
	sql_put_blob(q, c->der, c->len);
	return sql_run(q);
}

static bool
write_exhibit(struct store *s, int64_t id, const struct exhibit *e)
{
	size_t i;

	for (i = 0; i < e->line_count; i++) {
		if (!write_line(s, id, i, &e->lines[i]))
			return false;
	}
	for (i = 0; i < e->packet_count; i++) {
		if (!write_packet(s, id, i, &e->packets[i]))
			return false;
	}
	for (i = 0; i < e->certificate_count; i++) {
		if (!write_certificate(s, id, i, &e->certificates[i]))
			return false;
	}
	return true;
}

static const char *const remove_texts[] = {
    "DELETE FROM transcripts WHERE session_id = ?1",
    "DELETE FROM packets WHERE session_id = ?1",
    "DELETE FROM certificates WHERE session_id = ?1",
};

static bool
remove_exhibit(struct store *s, int64_t id)
{
	size_t i;

	for (i = 0; i < sizeof(remove_texts) / sizeof(remove_texts[0]); i++) {
		struct sql *q = sql_use(s->file, remove_texts[i]);

		sql_put_int(q, id);
		if (!sql_run(q))
			return false;
	}
	return true;
}

static const char is_kept_text[] = "SELECT 1 FROM kept WHERE session_id = ?1 LIMIT 1";

static enum maybe
is_kept(struct store *s, int64_t id)
{
	struct sql *q = sql_use(s->file, is_kept_text);
	bool is_there;

	sql_put_int(q, id);
	is_there = sql_row(q);
	if (!sql_end(q))
		return MAYBE_NULL;
	return is_there ? MAYBE_YES : MAYBE_NO;
}

static const char add_proof[] =
    "INSERT INTO evidence (incident_id, place, seq, what, value, is_count) VALUES (?1, ?2, ?3, ?4,"
    " ?5, ?6)";

/* From seq on. */
static bool
write_proofs(struct store *s, const struct join *j, int64_t place, int64_t seq)
{
	size_t i;

	for (i = 0; i < j->proof_count; i++) {
		struct sql *q = sql_use(s->file, add_proof);

		sql_put_int(q, j->incident);
		sql_put_int(q, place);
		sql_put_int(q, seq + (int64_t)i);
		sql_put_text(q, j->proofs[i].what);
		sql_put_text(q, j->proofs[i].value);
		sql_put_int(q, j->proofs[i].is_count);
		if (!sql_run(q))
			return false;
	}
	return true;
}

static const char add_kept[] =
    "INSERT INTO kept (incident_id, place, session_id, whole, \"end\") VALUES (?1, ?2, ?3, ?4,"
    " (SELECT \"end\" FROM sessions WHERE id = ?3))";
static const char clear_place[] = "DELETE FROM kept WHERE incident_id = ?1 AND place = ?2";

/* Put a session at a place of an incident that is free, or whose bytes are gone by age. */
static bool
put(struct store *s, const struct join *j, int64_t place, const struct candidate *c)
{
	enum maybe is_stored = is_kept(s, c->session);
	struct sql *q;

	if (is_stored == MAYBE_NULL)
		return false;
	if (is_stored == MAYBE_NO && !write_exhibit(s, c->session, &c->exhibit))
		return false;
	q = sql_use(s->file, clear_place);
	sql_put_int(q, j->incident);
	sql_put_int(q, place);
	if (!sql_run(q))
		return false;
	q = sql_use(s->file, add_kept);
	sql_put_int(q, j->incident);
	sql_put_int(q, place);
	sql_put_int(q, c->session);
	sql_put_int(q, c->exhibit.is_whole);
	return sql_run(q) && write_proofs(s, j, place, 0);
}

static const char at_place[] = "SELECT session_id FROM kept WHERE incident_id = ?1 AND place = ?2";

/* Whoever is there leaves, with its bytes where no other incident keeps them. */
static bool
vacate(struct store *s, int64_t incident, int64_t place)
{
	struct sql *q = sql_use(s->file, at_place);
	int64_t session;

	sql_put_int(q, incident);
	sql_put_int(q, place);
	session = sql_int(q, 0);
	if (session == 0)
		return !sql_failed(s->file);
	q = sql_use(s->file, clear_place);
	sql_put_int(q, incident);
	sql_put_int(q, place);
	if (!sql_run(q))
		return false;
	switch (is_kept(s, session)) {
	case MAYBE_NO:
		return remove_exhibit(s, session);
	case MAYBE_YES:
		return true;
	case MAYBE_NULL:
		return false;
	}
	return false;
}

static void *
take(struct keep *k, size_t len)
{
	size_t rounded = (len + 15) & ~(size_t)15;
	void *at = k->arena + k->used;

	if (rounded > ARENA_MAX - k->used)
		return NULL;
	k->used += rounded;
	return at;
}

static void *
copy(struct keep *k, const void *from, size_t len)
{
	void *to = take(k, len);

	if (to != NULL && len != 0)
		memcpy(to, from, len);
	return to;
}

static const char *
copy_text(struct keep *k, const char *text)
{
	return copy(k, text, strlen(text) + 1);
}

static bool
copy_lines(struct keep *k, struct exhibit *e)
{
	struct line_row *lines = copy(k, e->lines, e->line_count * sizeof(*lines));
	size_t i;

	for (i = 0; lines != NULL && i < e->line_count; i++) {
		lines[i].text = copy_text(k, lines[i].text);
		if (lines[i].text == NULL)
			return false;
	}
	e->lines = lines;
	return lines != NULL;
}

static bool
copy_packets(struct keep *k, struct exhibit *e)
{
	struct packet_row *packets = copy(k, e->packets, e->packet_count * sizeof(*packets));
	size_t i;

	for (i = 0; packets != NULL && i < e->packet_count; i++) {
		packets[i].bytes = copy(k, packets[i].bytes, packets[i].len);
		if (packets[i].bytes == NULL)
			return false;
	}
	e->packets = packets;
	return packets != NULL;
}

static bool
copy_certificates(struct keep *k, struct exhibit *e)
{
	struct certificate_row *rows =
	    copy(k, e->certificates, e->certificate_count * sizeof(*rows));
	size_t i;

	for (i = 0; rows != NULL && i < e->certificate_count; i++) {
		rows[i].der = copy(k, rows[i].der, rows[i].len);
		if (rows[i].der == NULL)
			return false;
	}
	e->certificates = rows;
	return rows != NULL;
}

static bool
copy_proofs(struct keep *k, struct join *j)
{
	struct proof_row *proofs = copy(k, j->proofs, j->proof_count * sizeof(*proofs));
	size_t i;

	for (i = 0; proofs != NULL && i < j->proof_count; i++) {
		proofs[i].what = copy_text(k, proofs[i].what);
		proofs[i].value = proofs[i].what == NULL ? NULL : copy_text(k, proofs[i].value);
		if (proofs[i].value == NULL)
			return false;
	}
	j->proofs = proofs;
	return proofs != NULL;
}

/* Remember a session with its bytes. False where there is no room. */
static bool
remember_session(struct keep *k, const struct candidate *c)
{
	struct candidate *to = &k->candidates[k->candidate_count];

	if (k->candidate_count == CANDIDATES_MAX)
		return false;
	*to = *c;
	if (!copy_lines(k, &to->exhibit) || !copy_packets(k, &to->exhibit) ||
	    !copy_certificates(k, &to->exhibit))
		return false;
	k->candidate_count++;
	return true;
}

/* Remember that the session last remembered may be the latest of an incident. */
static bool
remember_join(struct keep *k, const struct join *j)
{
	struct join *to = &k->joins[k->join_count];

	if (k->join_count == JOINS_MAX)
		return false;
	*to = *j;
	to->order = (uint32_t)k->join_count;
	to->candidate = (uint32_t)(k->candidate_count - 1);
	if (!copy_proofs(k, to))
		return false;
	k->join_count++;
	return true;
}

static struct join
join_of(const struct finding_row *finding)
{
	return (struct join){
	    .incident = finding->incident_id,
	    .proofs = finding->proofs,
	    .proof_count = finding->proof_count,
	};
}

/* All that may be the latest of their incidents, or none. */
static bool
remember_all(struct keep *k, const struct candidate *c, const struct join *joins, size_t count)
{
	struct {
		size_t candidates, joins, used;
	} before = {k->candidate_count, k->join_count, k->used};
	bool is_good = remember_session(k, c);
	size_t i;

	for (i = 0; is_good && i < count; i++)
		is_good = remember_join(k, &joins[i]);
	if (is_good)
		return true;
	k->candidate_count = before.candidates;
	k->join_count = before.joins;
	k->used = before.used;
	return false;
}

static bool
remember(struct store *s, const struct candidate *c, const struct join *joins, size_t count)
{
	if (count == 0 || remember_all(s->keep, c, joins, count))
		return true;
	if (!keep_flush(s))
		return false;
	if (remember_all(s->keep, c, joins, count))
		return true;
	sql_fail(s->file, "a session's evidence is too large to be kept");
	return false;
}

static const char place_of[] =
    "SELECT place FROM kept WHERE incident_id = ?1 AND session_id = ?2 LIMIT 1";

/* 0 where it has none. */
static int64_t
find_place(struct store *s, int64_t id, int64_t incident)
{
	struct sql *q = sql_use(s->file, place_of);

	sql_put_int(q, incident);
	sql_put_int(q, id);
	return sql_int(q, 0);
}

/* Whether the session is to be kept for a finding: not where it is already. */
static bool
is_wanted(struct store *s, int64_t id, const struct finding_row *finding)
{
	switch (finding->event) {
	case INCIDENT_UNTOUCHED:
		return false;
	case INCIDENT_RAISED: /* also by a session that was in it, and is longer now */
		return find_place(s, id, finding->incident_id) == 0;
	case INCIDENT_OPENED:
	case INCIDENT_REOPENED:
	case INCIDENT_TOUCHED:
		return true;
	}
	return false;
}

static const char next_place[] =
    "SELECT coalesce(max(place), 0) + 1 FROM kept WHERE incident_id = ?1 AND place < 4 AND"
    " session_id IS NOT NULL";

#define JOINS_OF_SESSION_MAX 64 /* findings of a session whose bytes are kept */

bool
keep_session(struct store *s, int64_t id, const struct session_row *row)
{
	struct candidate c = {.session = id, .exhibit = cut_to_size(row->exhibit)};
	struct join later[JOINS_OF_SESSION_MAX];
	size_t i, count = 0;

	for (i = 0; i < row->finding_count; i++) {
		struct join j = join_of(&row->findings[i]);
		struct sql *q = sql_use(s->file, next_place);
		int64_t place;

		if (!is_wanted(s, id, &row->findings[i]))
			continue;
		sql_put_int(q, j.incident);
		place = sql_int(q, 0);
		if (place == 0 || (place <= KEEP_FIRST && !put(s, &j, place, &c)))
			return false;
		if (place > KEEP_FIRST && count < JOINS_OF_SESSION_MAX)
			later[count++] = j;
	}
	return remember(s, &c, later, count);
}

static const char is_whole_text[] =
    "SELECT coalesce(max(whole), 0) FROM kept WHERE session_id = ?1";

bool
keep_early(struct store *s, int64_t id, const struct finding_row *finding)
{
	struct join j = join_of(finding);
	struct candidate c = {.session = id};
	struct sql *q = sql_use(s->file, next_place);
	int64_t place;

	sql_put_int(q, j.incident);
	place = sql_int(q, 0);
	if (place == 0 || place > KEEP_FIRST)
		return place != 0;
	q = sql_use(s->file, is_whole_text);
	sql_put_int(q, id);
	c.exhibit.is_whole = sql_int(q, 0) != 0;
	return put(s, &j, place, &c);
}

static const char next_seq[] =
    "SELECT coalesce(max(seq), -1) + 1 FROM evidence WHERE incident_id = ?1 AND place = ?2";

bool
keep_more(struct store *s, int64_t id, const struct finding_row *finding)
{
	struct join j = join_of(finding);
	int64_t place = find_place(s, id, j.incident);
	struct sql *q;

	if (place == 0)
		return !sql_failed(s->file);
	q = sql_use(s->file, next_seq);
	sql_put_int(q, j.incident);
	sql_put_int(q, place);
	return write_proofs(s, &j, place, sql_int(q, 0));
}

static int
by_incident_in_order(const void *x, const void *y)
{
	const struct join *a = x, *b = y;

	if (a->incident != b->incident)
		return a->incident < b->incident ? -1 : 1;
	return (a->order > b->order) - (a->order < b->order);
}

bool
keep_flush(struct store *s)
{
	struct keep *k = s->keep;
	size_t i;

	qsort(k->joins, k->join_count, sizeof(k->joins[0]), by_incident_in_order);
	for (i = 0; i < k->join_count; i++) {
		const struct join *j = &k->joins[i];

		if (i + 1 < k->join_count && j[1].incident == j->incident)
			continue; /* a later one follows */
		if (!vacate(s, j->incident, KEEP_LATEST) ||
		    !put(s, j, KEEP_LATEST, &k->candidates[j->candidate]))
			return false;
	}
	keep_drop(k);
	return true;
}

static const char clear_proofs[] = "DELETE FROM evidence WHERE incident_id = ?1 AND place = ?2";
static const char set_whole[] =
    "UPDATE kept SET whole = ?2, \"end\" = (SELECT \"end\" FROM sessions WHERE id = ?1) WHERE"
    " session_id = ?1";

static bool
replace_proofs(struct store *s, int64_t id, const struct finding_row *finding)
{
	struct join j = join_of(finding);
	int64_t place = find_place(s, id, j.incident);
	struct sql *q;

	if (place == 0)
		return !sql_failed(s->file);
	q = sql_use(s->file, clear_proofs);
	sql_put_int(q, j.incident);
	sql_put_int(q, place);
	return sql_run(q) && write_proofs(s, &j, place, 0);
}

bool
keep_again(struct store *s, int64_t id, const struct session_row *row)
{
	struct exhibit e = cut_to_size(row->exhibit);
	enum maybe is_there = keep_flush(s) ? is_kept(s, id) : MAYBE_NULL;
	struct sql *q;
	size_t i;

	if (is_there != MAYBE_YES)
		return is_there == MAYBE_NO;
	if (!remove_exhibit(s, id) || !write_exhibit(s, id, &e))
		return false;
	q = sql_use(s->file, set_whole);
	sql_put_int(q, id);
	sql_put_int(q, e.is_whole);
	if (!sql_run(q))
		return false;
	for (i = 0; i < row->finding_count; i++) {
		if (row->findings[i].incident_id != 0 && !replace_proofs(s, id, &row->findings[i]))
			return false;
	}
	return true;
}

bool
keep_leave(struct store *s, int64_t id, int64_t incident)
{
	int64_t place = keep_flush(s) ? find_place(s, id, incident) : 0;

	if (place == 0)
		return !sql_failed(s->file);
	return vacate(s, incident, place);
}

static const char forget_session[] = "UPDATE kept SET session_id = NULL WHERE session_id = ?1";

bool
keep_forget(struct store *s, int64_t id)
{
	struct sql *q;

	if (!remove_exhibit(s, id))
		return false;
	q = sql_use(s->file, forget_session);
	sql_put_int(q, id);
	return sql_run(q);
}
