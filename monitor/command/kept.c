/* What the database keeps of one incident; see kept.h. */
#include "monitor/command/kept.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "monitor/append.h"

/* The item behind the last, all zero; NULL where memory is refused. */
static void *
append(struct kept *k, void *items, size_t *count, size_t size)
{
	void *item = append_item(items, count, size);

	k->has_failed |= item == NULL;
	return item;
}

static char *
copy(struct kept *k, const void *bytes, size_t length)
{
	char *kept = malloc(length + 1);

	if (kept == NULL) {
		k->has_failed = true;
		return NULL;
	}
	if (length > 0)
		memcpy(kept, bytes, length);
	kept[length] = '\0';
	return kept;
}

static void
tell_session(void *ctx, int64_t id, bool is_whole)
{
	struct kept *k = ctx;
	struct kept_session *session = append(k, &k->sessions, &k->session_count, sizeof(*session));

	if (session != NULL)
		*session = (struct kept_session){id, is_whole, k->line_count, 0};
}

static void
tell_proof(void *ctx, const struct proof_row *proof)
{
	struct kept *k = ctx;
	struct kept_proof *kept;

	if (k->session_count == 0)
		return;
	kept = append(k, &k->proofs, &k->proof_count, sizeof(*kept));
	if (kept == NULL)
		return;
	kept->session = k->session_count - 1;
	kept->is_count = proof->is_count;
	kept->what = copy(k, proof->what, strlen(proof->what));
	kept->value = copy(k, proof->value, strlen(proof->value));
}

static void
tell_line(void *ctx, const struct line_row *line)
{
	struct kept *k = ctx;
	struct kept_line *kept;

	if (k->session_count == 0)
		return;
	kept = append(k, &k->lines, &k->line_count, sizeof(*kept));
	if (kept == NULL)
		return;
	kept->time = line->time;
	kept->from_server = line->from_server;
	kept->text = copy(k, line->text, strlen(line->text));
	k->sessions[k->session_count - 1].line_count++;
}

static void
tell_packet(void *ctx, const struct packet_row *packet)
{
	struct kept *k = ctx;
	const size_t number = k->packet_count;
	struct kept_packet *kept;

	if (k->session_count == 0)
		return;
	kept = append(k, &k->packets, &k->packet_count, sizeof(*kept));
	if (kept == NULL)
		return;
	kept->session = k->session_count - 1;
	kept->time = packet->time;
	kept->from_server = packet->from_server;
	kept->linktype = packet->linktype;
	kept->wire_len = packet->wire_len;
	kept->bytes = (uint8_t *)copy(k, packet->bytes, packet->len);
	kept->len = packet->len;
	kept->number = number;
}

static int
compare_packets(const void *a, const void *b)
{
	const struct kept_packet *x = a, *y = b;

	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	return x->number < y->number ? -1 : x->number > y->number;
}

struct kept *
kept_read(struct store *s, int64_t id, char *why)
{
	struct kept *k = calloc(1, sizeof(*k));
	const struct incident_teller teller = {.session = tell_session,
					       .proof = tell_proof,
					       .line = tell_line,
					       .packet = tell_packet,
					       .ctx = k};

	snprintf(why, STORE_WHY_MAX, "evidence: cannot be read: out of memory");
	if (k == NULL)
		return NULL;
	k->incident = incident_exemplar(s, id);
	if (k->incident < 0 || !incident_walk(s, k->incident, &teller)) {
		snprintf(why, STORE_WHY_MAX, "%s", store_error(s));
		k->has_failed = true;
	}
	if (k->has_failed) {
		kept_free(k);
		return NULL;
	}
	if (k->packet_count > 0)
		qsort(k->packets, k->packet_count, sizeof(*k->packets), compare_packets);
	return k;
}

size_t
kept_with_bytes(const struct kept *k)
{
	size_t count = 0;

	for (size_t i = 0; i < k->session_count; i++)
		count += k->sessions[i].id != 0;
	return count;
}

size_t
kept_find_line(const struct kept *k, size_t session, int64_t time)
{
	size_t low = k->sessions[session].first_line;
	size_t high = low + k->sessions[session].line_count;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (k->lines[middle].time < time)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void
kept_free(struct kept *k)
{
	if (k == NULL)
		return;
	for (size_t i = 0; i < k->proof_count; i++) {
		free(k->proofs[i].what);
		free(k->proofs[i].value);
	}
	for (size_t i = 0; i < k->line_count; i++)
		free(k->lines[i].text);
	for (size_t i = 0; i < k->packet_count; i++)
		free(k->packets[i].bytes);
	free(k->sessions);
	free(k->proofs);
	free(k->lines);
	free(k->packets);
	free(k);
}
