/*
 * waxseal show: one incident on one page, for a person at 3 a.m.
 *
 * In order: how bad and how sure; what happened, to whom; the bytes; what else
 * can be checked; what would refute it; what to do; how to look further.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "monitor/command/command.h"
#include "monitor/command/kept.h"
#include "monitor/command/list.h"
#include "monitor/log.h"
#include "monitor/moment.h"

#define INDENT        2
#define PAGE_WIDTH    100   /* characters; wider lines are hard to read */
#define LINES_MAX     80    /* of a transcript */
#define TELLING_MIN   3     /* characters of a line that a proof can quote */
#define BETWEEN_LINES " | " /* in a proof that quotes several */
#define TIME_AT       11    /* where the time of day begins in RFC 3339 */
#define TIME_LENGTH   15    /* of "12:00:00.000000" */
#define SHELL_PLAIN   "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./:@%+,-"

/* One page under way. */
struct page {
	const struct options *options;
	const struct kept *kept;
	unsigned width;
	bool is_shown;
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
show_headline(const struct row *row, const struct kind *kind)
{
	printf("Incident %s: %s\n", text_of(row, "id"),
	       kind == NULL ? text_of(row, "kind") : kind->title);
	printf("%s, %s, %s (%s)\n", text_of(row, "severity"), text_of(row, "certainty"),
	       text_of(row, "state"), text_of(row, "kind"));
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
	field("client", text_of(row, "client"));
	field("server", whole);
	field("domain", text_of(row, "domain"));
	field("sessions", text_of(row, "sessions"));
	field("first", text_of(row, "first_seen"));
	field("last", text_of(row, "last_seen"));
	field("changed", where_words(text_of(row, "where")));
}

/* The text of a reply's line behind its code; the whole of any other line. */
static const char *
behind_code(const char *line)
{
	const bool is_reply =
	    strspn(line, "0123456789") == 3 && line[3] != '\0' && strchr(" -", line[3]) != NULL;

	return is_reply ? line + 4 : line;
}

/* The proof quotes this line, or one of the lines that it quotes is this, or it is its code. */
static bool
proof_quotes(const char *proof, const char *line)
{
	const char *text = behind_code(line);
	const size_t length = strlen(text);

	if (text != line && strlen(proof) == 3 && strncmp(proof, line, 3) == 0)
		return true;
	if (length < TELLING_MIN)
		return false;
	for (; proof != NULL; proof = strstr(proof, BETWEEN_LINES)) {
		if (strncmp(proof, BETWEEN_LINES, strlen(BETWEEN_LINES)) == 0)
			proof += strlen(BETWEEN_LINES);
		if (strncmp(proof, text, length) == 0 &&
		    (proof[length] == '\0' ||
		     strncmp(proof + length, BETWEEN_LINES, strlen(BETWEEN_LINES)) == 0))
			return true;
	}
	return false;
}

static bool
is_telling(const struct kept *k, const char *line)
{
	for (size_t i = 0; i < k->proof_count; i++)
		if (proof_quotes(k->proofs[i].value, line))
			return true;
	return false;
}

static void
show_line(const struct page *p, const struct kept_line *line)
{
	char time[MOMENT_TEXT_MAX];

	moment_text(line->time, time);
	printf("%s %.*s %c: %s\n", is_telling(p->kept, line->text) ? ">" : " ", TIME_LENGTH,
	       time + TIME_AT, line->from_server ? 'S' : 'C', line->text);
}

/* The dialogue of the first session of which lines are kept. */
static void
show_bytes(const struct page *p)
{
	const struct kept *k = p->kept;
	char date[MOMENT_TEXT_MAX], title[128];
	const struct kept_session *session;
	size_t i = 0;

	while (i < k->session_count && k->sessions[i].line_count == 0)
		i++;
	if (i == k->session_count) {
		heading("The bytes");
		paragraph(p, "No line of a dialogue is kept.");
		return;
	}
	session = &k->sessions[i];
	moment_text(k->lines[session->first_line].time, date);
	snprintf(title, sizeof(title),
		 "The bytes (session %" PRId64 ", %.10s, UTC; > marks what tells)", session->id,
		 date);
	heading(title);
	for (i = 0; i < session->line_count && i < LINES_MAX; i++)
		show_line(p, &k->lines[session->first_line + i]);
	if (session->line_count > LINES_MAX)
		printf("  ... and %zu lines more\n", session->line_count - LINES_MAX);
	if (!session->is_whole)
		paragraph(p, "Not all of this session was kept.");
}

static void
show_evidence(const struct page *p)
{
	if (p->kept->proof_count > 0)
		heading("Evidence");
	for (size_t i = 0; i < p->kept->proof_count; i++)
		printf("  %s: %s\n", p->kept->proofs[i].what, p->kept->proofs[i].value);
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
	printf("sessions --client %s --server %s\n", text_of(row, "client"),
	       text_of(row, "server"));
	begin_command(p);
	printf("ack %" PRId64 " --note 'who looks at it'\n", id);
}

static bool
show_row(void *ctx, const struct row *row)
{
	struct page *p = ctx;
	const struct kind *kind = judge_kind(text_of(row, "kind"));

	p->is_shown = true;
	if (p->options->format == FORMAT_JSON) {
		puts(row->json);
		return false;
	}
	show_headline(row, kind);
	show_what(p, row, kind);
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
	if (!query_incidents(s, &this, show_row, p)) {
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
