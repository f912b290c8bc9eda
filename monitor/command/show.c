/*
 * waxseal show: one incident on one page, for a person at 3 a.m.
 *
 * In order: how bad and how sure; what happened, to whom; the bytes; what else
 * can be checked; what would refute it; what to do; how to look further.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "db/session.h"
#include "monitor/command/command.h"
#include "monitor/command/kept.h"
#include "monitor/command/list.h"
#include "monitor/counted.h"
#include "monitor/log.h"
#include "monitor/moment.h"

#define INDENT      2
#define PAGE_WIDTH  100 /* characters; wider lines are hard to read */
#define LINES_MAX   80  /* of a transcript */
#define PARTS_MAX   20  /* of the incidents that one sums up */
#define TELLING_MIN 3   /* characters of a line that a proof can quote */
#define TIME_AT     11  /* where the time of day begins in RFC 3339 */
#define TIME_LENGTH 15  /* of "12:00:00.000000" */
#define SHELL_PLAIN "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./:@%+,-"

/* Bytes of a proof as judge makes it, and of its names. */
#define PROOF_MAX (SAMPLE_MAX * 4 + 128)

/* One page under way. */
struct page {
	const struct options *options;
	struct store *store;
	const struct kept *kept;
	unsigned width;
	const char *kind;
	size_t session;    /* index of the kept session that is shown; session_count: none */
	bool is_spoken_of; /* it is the one of the summary */
	bool is_shown, has_failed;
};

static const char *
text_of(const struct row *row, const char *name)
{
	const char *value = row_value(row, name);

	return value == NULL ? "" : value;
}

/* What the program knows by a word; "" where it does not know the word. */
static const char *
words_for(const char *word, const char *const (*list)[2], size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i][0], word) == 0)
			return list[i][1];
	return "";
}

static const char *
certainty_words(const char *certainty)
{
	static const char *const list[][2] = {
	    {"proven", "the packets themselves show it"},
	    {"probable", "something independent of the reply itself says so"},
	    {"possible", "there is nothing to compare with; it may be ordinary"},
	};

	return words_for(certainty, list, sizeof(list) / sizeof(list[0]));
}

static const char *
where_words(const char *where)
{
	static const char *const list[][2] = {
	    {"client-side", "on the client's side of the tap"},
	    {"server-side", "on the server's side of the tap"},
	    {"unknown", "the packets do not tell on which side of the tap"},
	};

	return words_for(where, list, sizeof(list) / sizeof(list[0]));
}

static void
heading(const char *text)
{
	printf("\n%s\n", text);
}

static void
paragraph(const struct page *p, const char *text)
{
	table_paragraph(stdout, p->width, INDENT, text);
}

static void
field(const char *name, const char *value)
{
	if (value[0] != '\0')
		printf("  %-10s %s\n", name, value);
}

static void
show_mute(const struct row *row)
{
	const char *id = row_value(row, "mute"), *name = row_value(row, "mute_name");
	const char *until = row_value(row, "mute_until");

	if (id == NULL)
		return;
	printf("muted by ");
	if (name != NULL)
		printf("[mute %s]", name);
	else
		printf("mute %s", id);
	printf(" %s%s: %s\n", until == NULL ? "without an end" : "until ",
	       until == NULL ? "" : until, text_of(row, "mute_why"));
}

static void
show_headline(const struct row *row, const struct kind *kind)
{
	printf("Incident %s: %s\n", text_of(row, "id"),
	       kind == NULL ? text_of(row, "kind") : kind->title);
	printf("%s, %s, %s (%s)\n", text_of(row, "severity"), text_of(row, "certainty"),
	       text_of(row, "state"), text_of(row, "kind"));
	show_mute(row);
	if (row_value(row, "note") != NULL)
		printf("note: %s\n", row_value(row, "note"));
}

static void
show_what(const struct page *p, const struct row *row, const struct kind *kind)
{
	char server[LIST_CELL_MAX], whole[2 * LIST_CELL_MAX];

	heading("What happened");
	paragraph(p, text_of(row, "summary"));
	if (kind != NULL)
		paragraph(p, kind->meaning);
	putchar('\n');
	list_server(row, server);
	snprintf(whole, sizeof(whole), "%s (%s)%s%s", server, text_of(row, "service"),
		 row_value(row, "mx") == NULL ? "" : ", ", text_of(row, "mx"));
	field("client", row_value(row, "client") == NULL ? LIST_SEVERAL : text_of(row, "client"));
	field("server", whole);
	field("domain", text_of(row, "domain"));
	field("sessions", text_of(row, "sessions"));
	field("first", text_of(row, "first_seen"));
	field("last", text_of(row, "last_seen"));
	field("changed", where_words(text_of(row, "where")));
	field("summed up", text_of(row, "surge"));
	if (row_value(row, "parent") != NULL)
		printf("  %-10s incident %s, which sums it up with others\n", "part of",
		       text_of(row, "parent"));
}

/* Beside what was observed. */
static void
show_expected(const struct page *p, const struct kind *kind)
{
	if (kind == NULL)
		return;
	heading("What was expected");
	paragraph(p, kind->expected);
}

static bool
show_part(void *ctx, const struct row *row)
{
	char server[LIST_CELL_MAX], last[LIST_CELL_MAX];

	(void)ctx;
	list_server(row, server);
	list_time(row_value(row, "last_seen"), last);
	printf("  incident %s: %s, %s, %s to %s, last at %s\n", text_of(row, "id"),
	       text_of(row, "severity"), text_of(row, "state"),
	       row_value(row, "client") == NULL ? LIST_SEVERAL : text_of(row, "client"), server,
	       last);
	return true;
}

/* The latest of those that it sums up. */
static bool
show_parts(const struct page *p, const struct row *row)
{
	struct filter parts = FILTER_ALL;

	if (row_value(row, "surge") == NULL)
		return true;
	parts.surge = p->options->id;
	parts.with_muted = true;
	parts.limit = PARTS_MAX;
	heading("What it sums up");
	if (!query_incidents(p->store, &parts, show_part, NULL))
		return false;
	if (strtoll(text_of(row, "surge"), NULL, 10) > PARTS_MAX)
		puts("  ... and more, see below");
	return true;
}

/* The text of a reply's line behind its code; the whole of any other line. */
static const char *
behind_code(const char *line)
{
	const bool is_reply =
	    strspn(line, "0123456789") == 3 && line[3] != '\0' && strchr(" -", line[3]) != NULL;

	return is_reply ? line + 4 : line;
}

/* Where a proof that quotes several lines has the next one; NULL where it has none. */
static const char *
next_quoted(const char *proof, size_t *length)
{
	/* Between the lines of a reply; line ends inside a sample, as they are printed. */
	static const char *const between[] = {" | ", "\\x0d\\x0a", "\\x0a", "\\x0d"};
	const char *next = NULL;

	*length = strlen(proof);
	for (size_t i = 0; i < sizeof(between) / sizeof(between[0]); i++) {
		const char *at = strstr(proof, between[i]);

		if (at == NULL || (size_t)(at - proof) >= *length)
			continue;
		*length = (size_t)(at - proof);
		next = at + strlen(between[i]);
	}
	return next;
}

static bool
is_text(const char *quoted, size_t length, const char *text)
{
	return length >= TELLING_MIN && strlen(text) == length &&
	       strncmp(quoted, text, length) == 0;
}

/* The proof quotes this line, or one of the lines that it quotes is this, or it is its code. */
static bool
proof_quotes(const char *proof, const char *line)
{
	const char *text = behind_code(line);

	if (text != line && strlen(proof) == 3 && strncmp(proof, line, 3) == 0)
		return true;
	while (proof != NULL) {
		size_t length;
		const char *next = next_quoted(proof, &length);

		if (is_text(proof, length, text) || is_text(proof, length, line))
			return true;
		proof = next;
	}
	return false;
}

/* Proofs that say who the two are: their lines are no sign, unless the greeting itself is. */
static bool
is_name_alone(const struct page *p, const struct kept_proof *proof)
{
	if (strcmp(proof->what, "greeting") == 0)
		return strcmp(p->kind, "banner-masked") != 0;
	return strcmp(proof->what, "server name asked for") == 0 ||
	       strcmp(proof->what, "client's name") == 0;
}

/* The word of the client's command that by itself is what these kinds report; NULL for others. */
static const char *
offence_of(const char *kind)
{
	static const char *const list[][2] = {
	    {"credentials-exposed", "AUTH"},
	    {"requiretls-violation", "REQUIRETLS"},
	};
	const char *word = words_for(kind, list, sizeof(list) / sizeof(list[0]));

	return word[0] == '\0' ? NULL : word;
}

static bool
has_word(const char *line, const char *word)
{
	const size_t length = strlen(word);

	for (line += strspn(line, " "); *line != '\0'; line += strspn(line, " ")) {
		const size_t here = strcspn(line, " ");

		if (here == length && strncasecmp(line, word, length) == 0)
			return true;
		line += here;
	}
	return false;
}

static bool
is_telling(const struct page *p, const struct kept_line *line)
{
	const struct kept *k = p->kept;
	const char *offence = offence_of(p->kind);

	/* What the proofs quote beside it, the EHLO reply, is there to compare. */
	if (offence != NULL)
		return !line->from_server && has_word(line->text, offence);
	for (size_t i = 0; i < k->proof_count; i++)
		if (k->proofs[i].session == p->session && !is_name_alone(p, &k->proofs[i]) &&
		    proof_quotes(k->proofs[i].value, line->text))
			return true;
	return false;
}

static void
show_line(const struct page *p, const struct kept_line *line)
{
	char time[MOMENT_TEXT_MAX];

	moment_text(line->time, time);
	printf("%s %.*s %c: %s\n", is_telling(p, line) ? ">" : " ", TIME_LENGTH, time + TIME_AT,
	       line->from_server ? 'S' : 'C', line->text);
}

static void
show_bytes(const struct page *p)
{
	const struct kept *k = p->kept;
	char date[MOMENT_TEXT_MAX], title[128];
	const struct kept_session *session = &k->sessions[p->session];
	size_t i;

	if (p->session == k->session_count) {
		heading("The bytes");
		paragraph(p, k->session_count > kept_with_bytes(k)
				 ? "No line of a dialogue is kept any more: they were older than "
				   "keep-evidence allows."
				 : "No line of a dialogue is kept.");
		return;
	}
	moment_text(k->lines[session->first_line].time, date);
	snprintf(title, sizeof(title),
		 "The bytes (session %" PRId64 ", %.10s, UTC; > marks what tells)", session->id,
		 date);
	heading(title);
	if (k->incident != p->options->id) {
		snprintf(title, sizeof(title), "Those of incident %" PRId64 " stand for all.",
			 k->incident);
		paragraph(p, title);
	}
	for (i = 0; i < session->line_count && i < LINES_MAX; i++)
		show_line(p, &k->lines[session->first_line + i]);
	if (session->line_count > LINES_MAX)
		printf("  ... and %s more\n",
		       counted(session->line_count - LINES_MAX, "line").text);
	if (!session->is_whole)
		paragraph(p, "Not all of this session was kept.");
	if (!p->is_spoken_of)
		paragraph(p, "The sentence under \"What happened\" is of a session whose lines "
			     "are not kept, or that was read again since.");
}

/* Proof number i was told already: of the session that is shown, or of an earlier one. */
static bool
is_told(const struct page *p, size_t i)
{
	const struct kept_proof *all = p->kept->proofs;

	for (size_t k = 0; k < p->kept->proof_count; k++)
		if ((k < i || all[k].session == p->session) && k != i &&
		    strcmp(all[k].what, all[i].what) == 0 &&
		    strcmp(all[k].value, all[i].value) == 0)
			return true;
	return false;
}

/* Behind the id of its session, where that is another one than the page is about, and not gone. */
static void
show_proof(const struct page *p, const struct kept_proof *proof, int64_t other)
{
	char whose[sizeof("session -9223372036854775808: ")] = "";
	char text[PROOF_MAX];

	if (other != 0)
		snprintf(whose, sizeof(whose), "session %" PRId64 ": ", other);
	snprintf(text, sizeof(text), "%s%s: %s", whose, proof->what, proof->value);
	table_item(stdout, p->width, INDENT, text);
}

static void
show_evidence_of_others(const struct page *p)
{
	const struct kept *k = p->kept;
	bool is_first = true;

	for (size_t i = 0; i < k->proof_count; i++) {
		const struct kept_proof *proof = &k->proofs[i];

		if (proof->session == p->session || proof->is_count || is_told(p, i))
			continue;
		if (is_first)
			heading(p->session == k->session_count ? "Evidence"
							       : "Evidence of other sessions");
		is_first = false;
		show_proof(p, proof, k->sessions[proof->session].id);
	}
}

/* A later session counts what this one did; one that was removed by age has no id, and was before.
 */
static bool
is_overtaken(const struct kept *k, const struct kept_proof *proof)
{
	int64_t id = k->sessions[proof->session].id;

	for (size_t i = 0; i < k->proof_count; i++) {
		const struct kept_proof *p = &k->proofs[i];
		int64_t other = k->sessions[p->session].id;

		if (p->is_count && strcmp(p->what, proof->what) == 0 &&
		    (other > id || (other == id && p->session > proof->session)))
			return true;
	}
	return false;
}

static void
show_counts(const struct page *p)
{
	const struct kept *k = p->kept;
	bool is_first = true;

	for (size_t i = 0; i < k->proof_count; i++) {
		if (!k->proofs[i].is_count || is_overtaken(k, &k->proofs[i]))
			continue;
		if (is_first)
			heading("In numbers");
		is_first = false;
		show_proof(p, &k->proofs[i], 0);
	}
}

/* Sessions of one incident share most of their proofs: each is shown once. */
static void
show_evidence(const struct page *p)
{
	const struct kept *k = p->kept;
	char title[64] = "Evidence";
	bool is_first = true;

	if (k->session_count > 1 && p->session < k->session_count)
		snprintf(title, sizeof(title), "Evidence (session %" PRId64 ")",
			 k->sessions[p->session].id);
	for (size_t i = 0; i < k->proof_count; i++) {
		if (k->proofs[i].session != p->session || k->proofs[i].is_count)
			continue;
		if (is_first)
			heading(title);
		is_first = false;
		show_proof(p, &k->proofs[i], 0);
	}
	show_evidence_of_others(p);
}

static void
show_certainty(const struct page *p, const struct row *row)
{
	char text[LIST_CELL_MAX];

	heading("How sure");
	snprintf(text, sizeof(text), "%s: %s.", text_of(row, "certainty"),
		 certainty_words(text_of(row, "certainty")));
	paragraph(p, text);
	if (row_value(row, "refuted_by") != NULL) {
		heading("What would show it harmless");
		paragraph(p, row_value(row, "refuted_by"));
	}
}

static void
show_advice(const struct page *p, const struct kind *kind)
{
	char reference[LIST_CELL_MAX];

	if (kind == NULL)
		return;
	heading("What to do now");
	paragraph(p, kind->advice);
	snprintf(reference, sizeof(reference), "See %s.", kind->reference);
	paragraph(p, reference);
}

/* A word as a shell takes it: in single quotes where it is not plain. */
static void
print_quoted(const char *word)
{
	if (word[0] != '\0' && word[strspn(word, SHELL_PLAIN)] == '\0') {
		fputs(word, stdout);
		return;
	}
	putchar('\'');
	for (; *word != '\0'; word++) {
		if (*word == '\'')
			fputs("'\\''", stdout);
		else
			putchar(*word);
	}
	putchar('\'');
}

static void
begin_command(const struct page *p)
{
	fputs("  waxseal ", stdout);
	if (!p->options->has_db)
		return;
	fputs("--db ", stdout);
	print_quoted(p->options->db);
	putchar(' ');
}

static void
show_further(const struct page *p, const struct row *row)
{
	const int64_t id = p->options->id;

	heading("To look further");
	if (p->kept->packet_count > 0) {
		begin_command(p);
		printf("export %" PRId64 " -w incident-%" PRId64 ".pcapng\n", id, id);
	}
	begin_command(p);
	printf("sessions --incident %" PRId64 "\n", id);
	begin_command(p);
	if (row_value(row, "surge") != NULL)
		printf("incidents --surge %" PRId64 "\n", id);
	else
		printf("sessions --client %s --server %s\n", text_of(row, "client"),
		       text_of(row, "server"));
	begin_command(p);
	printf("ack %" PRId64 " --note 'who looks at it'\n", id);
}

/*
 * The session that is shown: the one that the summary speaks of, where lines of
 * it are kept, else the first of which there are any.
 */
static bool
choose_session(struct page *p)
{
	const struct kept *k = p->kept;

	p->session = k->session_count;
	for (size_t i = 0; i < k->session_count && !p->is_spoken_of; i++) {
		if (k->sessions[i].line_count == 0)
			continue;
		if (!session_is_teller(p->store, k->sessions[i].id, k->incident, &p->is_spoken_of))
			return false;
		if (p->is_spoken_of || p->session == k->session_count)
			p->session = i;
	}
	return true;
}

static bool
show_row(void *ctx, const struct row *row)
{
	struct page *p = ctx;
	const struct kind *kind = judge_kind(text_of(row, "kind"));

	p->is_shown = true;
	p->kind = text_of(row, "kind");
	if (p->options->format == FORMAT_JSON) {
		puts(row->json);
		return false;
	}
	if (!choose_session(p)) {
		p->has_failed = true;
		return false;
	}
	show_headline(row, kind);
	show_what(p, row, kind);
	show_expected(p, kind);
	p->has_failed = !show_parts(p, row);
	show_counts(p);
	show_bytes(p);
	show_evidence(p);
	show_certainty(p, row);
	show_advice(p, kind);
	show_further(p, row);
	return false;
}

static int
show_from(struct store *s, struct page *p)
{
	struct filter this = FILTER_ALL;

	this.id = p->options->id;
	this.with_json = p->options->format == FORMAT_JSON;
	p->store = s;
	if (!query_incidents(s, &this, show_row, p) || p->has_failed) {
		log_error("%s", store_error(s));
		return STATUS_FAILED;
	}
	if (p->is_shown)
		return STATUS_DONE;
	log_error("incident %" PRId64 ": there is none (waxseal incidents lists them)", this.id);
	return STATUS_FAILED;
}

int
command_show(const struct options *o)
{
	struct page p = {.options = o, .width = table_width(stdout)};
	struct store *s = list_store(o);
	int status = STATUS_FAILED;
	char why[STORE_WHY_MAX];
	struct kept *k;

	if (s == NULL)
		return STATUS_FAILED;
	if (p.width > PAGE_WIDTH)
		p.width = PAGE_WIDTH;
	k = kept_read(s, o->id, why);
	p.kept = k;
	if (k == NULL)
		log_error("%s", why);
	else
		status = show_from(s, &p);
	kept_free(k);
	store_close(s);
	return status;
}
