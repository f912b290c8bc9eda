/*
 * The sessions in tests/sessions/, one file each, and the facts they must give.
 *
 * A file is read line by line; a line that is empty or begins with '#' says
 * nothing. Text may hold the escapes \r \n \t \0 \\ and \xNN. Sides are C and S.
 *
 *	C: text		the client sends text CRLF, in a segment of its own, having
 *			had all that the server sent before
 *	C+ text		text CRLF, in the same segment as this side's last
 *	C= text		text without CRLF, in a segment of its own
 *	C! text		as with ':', but sent before anything of the server's last
 *			segment could be had
 *	C- n		n bytes are sent and not captured
 *	@ middle	the capture begins in the middle of the connection
 *	@ lmtp		the service is LMTP
 *	@ blind		acknowledgements are not known
 *	@ text n	before the next line's text come n bytes of 'a'
 *	@ wait n	n seconds pass
 *	@ changing	its EHLO replies differ: behind a loss offered tells of what was seen
 *	> fact value	what is expected, by the names in check_fact and check_text
 *	~ text		must stand in no note and no evidence line
 *
 * Where nothing else is said, a session has greeting 220, verb ehlo, extended
 * yes, offered yes, requested no, and of all else nothing; commands, replies
 * and texts are compared where they are named, domains always.
 *
 * Each session is fed whole, byte by byte, and with each segment cut in two at
 * every place: the facts must not change. Then each segment is left out in turn,
 * the capture begins behind each segment, and either side is not captured at
 * all: facts may become unseen, never false.
 */
#include "dissector/smtp.h"
#include "dissector/text.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEGMENTS_MAX 128
#define EXPECTS_MAX  64
#define TEXT_MAX     16384
#define NAMES_MAX    1024
#define BLOCKS       1024
#define RING_BYTES   (1 << 17)

struct segment {
	enum side from;
	uint64_t offset, peer;
	size_t at, len;   /* in the script's text */
	uint64_t missing; /* not captured; len is 0 then */
	int64_t waited;   /* seconds passed since the beginning */
};

struct expect {
	char name[32];
	char value[256];
};

struct script {
	char name[256];
	bool is_middle, is_lmtp, is_blind, is_changing, has_gap;
	uint8_t text[TEXT_MAX];
	size_t text_len, padding;
	int64_t waited;
	struct segment segments[SEGMENTS_MAX];
	size_t count;
	uint64_t sent[SIDES], last_at[SIDES];
	struct expect expects[EXPECTS_MAX];
	size_t expect_count;
	char nevers[8][256];
	size_t never_count;
};

/* What one run of a script came to. */
struct outcome_of_run {
	struct smtp_facts facts;
	bool is_tls[SIDES];
	size_t unread[SIDES]; /* bytes left to TLS, those taken back included */
	char domains[2][NAMES_MAX];
	char greeting[NAMES_MAX], helo[NAMES_MAX], ehlo[NAMES_MAX], auth[NAMES_MAX];
	char refusal[NAMES_MAX], masked[NAMES_MAX], ahead[NAMES_MAX], samples[SIDES][NAMES_MAX];
	char evidence[SIDES][TEXT_MAX];
};

/* A file's text to bytes; returns how many. */
static size_t
unescape(const char *in, uint8_t *out)
{
	size_t n = 0;

	while (*in != '\0') {
		unsigned int hex;

		if (*in != '\\') {
			out[n++] = (uint8_t)*in++;
			continue;
		}
		in++;
		switch (*in) {
		case 'r':
			out[n++] = '\r';
			break;
		case 'n':
			out[n++] = '\n';
			break;
		case 't':
			out[n++] = '\t';
			break;
		case '0':
			out[n++] = '\0';
			break;
		case 'x':
			assert_int_equal(sscanf(in + 1, "%2x", &hex), 1);
			out[n++] = (uint8_t)hex;
			in += 2;
			break;
		default:
			out[n++] = (uint8_t)*in;
		}
		in++;
	}
	return n;
}

static struct segment *
script_last(struct script *s, enum side from)
{
	for (size_t i = s->count; i > 0; i--)
		if (s->segments[i - 1].from == from)
			return &s->segments[i - 1];
	return NULL;
}

/* "C: text" and its kin. */
static void
script_say(struct script *s, enum side from, char how, const char *text)
{
	enum side peer = from == SIDE_CLIENT ? SIDE_SERVER : SIDE_CLIENT;
	struct segment *g = &s->segments[s->count], *last = script_last(s, from);
	size_t len;

	if (how == '+') {
		assert_non_null(last);
		assert_ptr_equal(last, &s->segments[s->count - 1]);
		g = last;
	} else {
		assert_true(s->count < SEGMENTS_MAX);
		s->count++;
		*g = (struct segment){.from = from,
				      .offset = s->sent[from],
				      .peer = s->sent[peer],
				      .at = s->text_len,
				      .waited = s->waited};
		if (how == '!')
			g->peer = s->last_at[peer];
		if (s->is_blind)
			g->peer = UINT64_MAX;
		s->last_at[from] = g->offset;
	}
	if (how == '-') {
		g->missing = strtoull(text, NULL, 10);
		s->sent[from] += g->missing;
		s->has_gap = true;
		return;
	}
	assert_true(s->text_len + s->padding + strlen(text) + 2 < TEXT_MAX);
	memset(s->text + s->text_len, 'a', s->padding);
	len = s->padding + unescape(text, s->text + s->text_len + s->padding);
	s->padding = 0;
	if (how != '=') {
		memcpy(s->text + s->text_len + len, "\r\n", 2);
		len += 2;
	}
	s->text_len += len;
	g->len += len;
	s->sent[from] += len;
}

static void
script_direct(struct script *s, const char *text)
{
	if (strcmp(text, "middle") == 0)
		s->is_middle = true;
	else if (strcmp(text, "lmtp") == 0)
		s->is_lmtp = true;
	else if (strcmp(text, "blind") == 0)
		s->is_blind = true;
	else if (strcmp(text, "changing") == 0)
		s->is_changing = true;
	else if (strncmp(text, "text ", 5) == 0)
		s->padding = strtoul(text + 5, NULL, 10);
	else if (strncmp(text, "wait ", 5) == 0)
		s->waited += strtol(text + 5, NULL, 10);
	else
		fail_msg("%s: unknown directive: %s", s->name, text);
}

static void
script_line(struct script *s, char *line)
{
	const char *text;

	line[strcspn(line, "\n")] = '\0';
	if (line[0] == '\0' || line[0] == '#')
		return;
	if (line[0] == 'C' || line[0] == 'S') {
		text = line[2] == ' ' ? line + 3 : line + 2;
		script_say(s, line[0] == 'C' ? SIDE_CLIENT : SIDE_SERVER, line[1], text);
		return;
	}
	assert_int_equal(line[1], ' ');
	text = line + 2;
	if (line[0] == '@') {
		script_direct(s, text);
	} else if (line[0] == '~') {
		assert_true(s->never_count < 8);
		snprintf(s->nevers[s->never_count++], 256, "%.255s", text);
	} else if (line[0] == '>') {
		struct expect *e = &s->expects[s->expect_count++];

		assert_true(s->expect_count <= EXPECTS_MAX);
		snprintf(e->name, sizeof(e->name), "%.*s", (int)strcspn(text, " "), text);
		text += strcspn(text, " ");
		snprintf(e->value, sizeof(e->value), "%s", *text == ' ' ? text + 1 : text);
	} else {
		fail_msg("%s: what is this: %s", s->name, line);
	}
}

static void
script_read(struct script *s, const char *path)
{
	FILE *f = fopen(path, "r");
	char line[4096];

	*s = (struct script){0};
	snprintf(s->name, sizeof(s->name), "%s", path);
	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL)
		script_line(s, line);
	fclose(f);
}

/* How a script is fed; all zero is whole. */
struct manner {
	size_t piece;    /* bytes at once */
	size_t cut;      /* ... or the length of the first piece of one segment */
	size_t segment;  /* that segment */
	size_t left_out; /* number of the segment that is a gap; 0: none */
	size_t from;     /* the capture begins behind this many segments */
	int lacks;       /* this side was not captured, plus one */
};

struct rig {
	struct pool pool;
	struct chain notes;
	struct evidence evidence;
	struct evidence_list kept;
	struct ledger ledger;
	bool is_short;
};

static void
rig_up(struct rig *r)
{
	static struct pool_block blocks[BLOCKS];
	static uint64_t ring[RING_BYTES / 8];

	*r = (struct rig){0};
	pool_init(&r->pool, blocks, sizeof(blocks));
	evidence_init(&r->evidence, ring, sizeof(ring));
	r->ledger = (struct ledger){&r->pool, &r->notes, &r->evidence, &r->kept, &r->is_short};
}

static void
add_text(char *to, size_t cap, struct bytes text, char separator)
{
	size_t n = strlen(to);

	if (separator == '\0')
		n = 0;
	if (n > 0 && n + 1 < cap)
		to[n++] = separator;
	text_printable(text, to + n, cap - n);
}

/* One note into the text of its tag. */
static void
gather_note(struct outcome_of_run *o, const struct note_text *note)
{
	struct bytes text = {note->text, note->len};

	switch (note->tag) {
	case NOTE_GREETING:
		add_text(o->greeting, NAMES_MAX, text, '|');
		return;
	case NOTE_HELO:
		add_text(o->helo, NAMES_MAX, text, '\0');
		return;
	case NOTE_EHLO_START:
		o->ehlo[0] = '\0';
		return;
	case NOTE_EHLO_LINE:
		add_text(o->ehlo, NAMES_MAX, text, '|');
		return;
	case NOTE_AUTH:
		add_text(o->auth, NAMES_MAX, text, '\0');
		return;
	case NOTE_REFUSAL:
	case NOTE_EHLO_REFUSAL:
		add_text(o->refusal, NAMES_MAX, text, '\0');
		return;
	case NOTE_MASKED_VERB:
		add_text(o->masked, NAMES_MAX, text, '\0');
		return;
	case NOTE_CLIENT_AHEAD:
		add_text(o->ahead, NAMES_MAX, text, '|');
		return;
	case NOTE_CLIENT_SAMPLE:
		add_text(o->samples[SIDE_CLIENT], NAMES_MAX, text, '|');
		return;
	case NOTE_SERVER_SAMPLE:
		add_text(o->samples[SIDE_SERVER], NAMES_MAX, text, '|');
		return;
	case NOTE_FROM_DOMAIN:
		add_text(o->domains[0], NAMES_MAX, text, ' ');
		return;
	case NOTE_RCPT_DOMAIN:
		add_text(o->domains[1], NAMES_MAX, text, ' ');
		return;
	case NOTE_INTERRUPTION:
	case NOTE_SNI:
	case NOTE_ALPN:
	case NOTE_CERTIFICATE:
	case NOTE_SUBJECT:
	case NOTE_ISSUED_BY:
	case NOTE_ISSUER:
	case NOTE_NAMES:
	case NOTE_CONFLICT:
	case NOTE_RESET:
		fail_msg("a note that is not the dialogue's to write");
	}
}

static void
gather_line(void *ctx, const struct evidence_item *item)
{
	struct outcome_of_run *o = ctx;

	assert_int_equal(item->kind, EVIDENCE_LINE);
	add_text(o->evidence[item->from], TEXT_MAX, item->bytes, '|');
}

static void
gather(struct outcome_of_run *o, const struct smtp *s, struct rig *r)
{
	static struct note_text note;
	struct chain_reader at = chain_reader(&r->pool, &r->notes);

	o->facts = *smtp_facts(s);
	while (ledger_next(&at, &note))
		gather_note(o, &note);
	evidence_walk(&r->evidence, &r->kept, gather_line, o);
}

/* Feed a stretch of one segment; false where this side is TLS now. */
static bool
feed_piece(struct smtp *s, struct rig *r, const struct segment *g, struct bytes piece,
	   uint64_t offset, struct outcome_of_run *o)
{
	/* A block of its exact size, so that one byte too far is found. */
	uint8_t *exact = malloc(piece.len ? piece.len : 1), back[8];
	struct smtp_input in = {.from = g->from,
				.time = g->waited * 1000000 + (int64_t)offset + 1,
				.offset = offset,
				.bytes = {exact, piece.len},
				.peer_offset = g->peer};
	size_t taken;

	memcpy(exact, piece.at, piece.len);
	taken = smtp_feed(s, &r->ledger, &in);
	free(exact);
	o->is_tls[g->from] = smtp_side_is_tls(s, g->from);
	if (!o->is_tls[g->from]) {
		assert_int_equal(taken, piece.len);
		return true;
	}
	o->unread[g->from] += piece.len - taken + smtp_take_back(s, g->from, back);
	return false;
}

static void
feed_segment(struct smtp *s, struct rig *r, const struct script *script, size_t i,
	     const struct manner *m, struct outcome_of_run *o)
{
	const struct segment *g = &script->segments[i];
	struct bytes rest = {script->text + g->at, g->len};
	uint64_t offset = g->offset;

	if (i < m->from || m->lacks == (int)g->from + 1)
		return;
	if (g->missing > 0 || i + 1 == m->left_out) {
		smtp_gap(s, &r->ledger, g->from, g->missing + g->len);
		return;
	}
	while (rest.len > 0) {
		size_t n = m->piece ? m->piece : rest.len;

		if (m->cut > 0 && i == m->segment && offset == g->offset)
			n = m->cut;
		feed_piece(s, r, g, bytes_first(rest, n), offset, o);
		offset += bytes_first(rest, n).len;
		rest = bytes_after(rest, n);
	}
}

static void
run(const struct script *script, const struct manner *m, struct outcome_of_run *o)
{
	static uint64_t state[SMTP_STATE_SIZE / 8];
	struct smtp *s = (struct smtp *)state;
	struct rig r;

	rig_up(&r);
	*o = (struct outcome_of_run){0};
	memset(state, 0, sizeof(state));
	smtp_init(s, script->is_lmtp, !script->is_middle && m->from == 0);
	for (size_t i = 0; i < script->count; i++)
		feed_segment(s, &r, script, i, m, o);
	smtp_finish(s, &r.ledger);
	gather(o, s, &r);
	smtp_clear(s, &r.pool);
	chain_clear(&r.pool, &r.notes);
	assert_int_equal(r.pool.in_use, 0);
}

/* Facts by name; false where there is none of that name. */
static bool
check_fact(struct smtp_facts *f, const char *name, const char *value)
{
	static const char *const facts[] = {"unseen", "no", "yes"};
	static const char *const verbs[] = {"none", "helo", "ehlo", "lhlo"};
	struct {
		const char *name;
		enum fact *fact;
	} three[] = {{"extended", &f->extended},
		     {"offered", &f->offered},
		     {"requested", &f->requested},
		     {"accepted", &f->accepted}};
	struct {
		const char *name;
		bool *flag;
	} flags[] = {{"helo_after_refusal", &f->helo_after_refusal},
		     {"is_anonymous_tls", &f->is_anonymous_tls},
		     {"mail_accepted", &f->mail_accepted},
		     {"message_sent", &f->message_sent},
		     {"auth_sent", &f->auth_sent},
		     {"credentials_sent", &f->credentials_sent},
		     {"secret_sent", &f->secret_sent},
		     {"requiretls_sent", &f->requiretls_sent},
		     {"quit_sent", &f->quit_sent},
		     {"client_text_after", &f->client_text_after},
		     {"mail_after_tls", &f->mail_after_tls},
		     {"server_text_after", &f->server_text_after},
		     {"verb_masked", &f->verb_masked},
		     {"verb_echoed", &f->verb_echoed}};
	struct {
		const char *name;
		uint32_t *count;
	} counts[] = {{"mail_count", &f->mail_count},
		      {"client_injected", &f->client_injected},
		      {"server_injected", &f->server_injected},
		      {"commands", &f->commands},
		      {"replies", &f->replies},
		      {"replies_unmatched", &f->replies_unmatched},
		      {"bare_lf_lines", &f->bare_lf_lines},
		      {"long_lines", &f->long_lines},
		      {"domains_dropped", &f->domains_dropped}};
	struct {
		const char *name;
		uint16_t *code;
	} codes[] = {{"greeting", &f->greeting_code},
		     {"ehlo_refusal", &f->ehlo_refusal},
		     {"starttls_refusal", &f->starttls_refusal},
		     {"starttls_requests", &f->starttls_requests}};

	for (size_t i = 0; i < sizeof(three) / sizeof(three[0]); i++)
		for (int v = 0; v < 3 && strcmp(name, three[i].name) == 0; v++)
			if (strcmp(value, facts[v]) == 0) {
				*three[i].fact = (enum fact)v;
				return true;
			}
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (strcmp(name, flags[i].name) == 0) {
			*flags[i].flag = true;
			return value[0] == '\0';
		}
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		if (strcmp(name, counts[i].name) == 0) {
			*counts[i].count = (uint32_t)strtoul(value, NULL, 10);
			return true;
		}
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (strcmp(name, codes[i].name) == 0) {
			*codes[i].code = (uint16_t)strtoul(value, NULL, 10);
			return true;
		}
	for (int v = 0; v < 4 && strcmp(name, "verb") == 0; v++)
		if (strcmp(value, verbs[v]) == 0) {
			f->greeting_verb = (enum greeting_verb)v;
			return true;
		}
	return false;
}

/* Texts by name: compared at once. */
static bool
check_text(const struct script *s, const struct outcome_of_run *o, const struct expect *e)
{
	struct {
		const char *name;
		const char *got;
	} texts[] = {{"from", o->domains[0]},
		     {"rcpt", o->domains[1]},
		     {"banner", o->greeting},
		     {"helo", o->helo},
		     {"ehlo", o->ehlo},
		     {"auth", o->auth},
		     {"refusal", o->refusal},
		     {"masked_verb", o->masked},
		     {"client_ahead", o->ahead},
		     {"client_sample", o->samples[SIDE_CLIENT]},
		     {"server_sample", o->samples[SIDE_SERVER]},
		     {"client_evidence", o->evidence[SIDE_CLIENT]},
		     {"server_evidence", o->evidence[SIDE_SERVER]}};
	char tls[64];

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (strcmp(e->name, texts[i].name) == 0) {
			if (strcmp(texts[i].got, e->value) != 0)
				fail_msg("%s: %s is \"%s\", expected \"%s\"", s->name, e->name,
					 texts[i].got, e->value);
			return true;
		}
	if (strcmp(e->name, "tls") != 0)
		return false;
	snprintf(tls, sizeof(tls), "%zu %zu", o->unread[SIDE_CLIENT], o->unread[SIDE_SERVER]);
	if (strcmp(tls, e->value) != 0)
		fail_msg("%s: left to TLS is \"%s\", expected \"%s\"", s->name, tls, e->value);
	return true;
}

static bool
is_named(const struct script *s, const char *name)
{
	for (size_t i = 0; i < s->expect_count; i++)
		if (strcmp(s->expects[i].name, name) == 0)
			return true;
	return false;
}

static void
say_difference(const struct script *s, const struct smtp_facts *got, const struct smtp_facts *want)
{
#define DIFFER(field)                                                                             \
	if (got->field != want->field)                                                            \
	fprintf(stderr, "%s: %s is %u, expected %u\n", s->name, #field, (unsigned int)got->field, \
		(unsigned int)want->field)
	DIFFER(greeting_code);
	DIFFER(greeting_verb);
	DIFFER(extended);
	DIFFER(ehlo_refusal);
	DIFFER(helo_after_refusal);
	DIFFER(offered);
	DIFFER(requested);
	DIFFER(accepted);
	DIFFER(starttls_refusal);
	DIFFER(starttls_requests);
	DIFFER(is_anonymous_tls);
	DIFFER(mail_count);
	DIFFER(mail_accepted);
	DIFFER(message_sent);
	DIFFER(auth_sent);
	DIFFER(credentials_sent);
	DIFFER(secret_sent);
	DIFFER(requiretls_sent);
	DIFFER(quit_sent);
	DIFFER(client_injected);
	DIFFER(server_injected);
	DIFFER(client_text_after);
	DIFFER(mail_after_tls);
	DIFFER(server_text_after);
	DIFFER(verb_masked);
	DIFFER(verb_echoed);
	DIFFER(commands);
	DIFFER(replies);
	DIFFER(replies_unmatched);
	DIFFER(bare_lf_lines);
	DIFFER(long_lines);
	DIFFER(domains_dropped);
#undef DIFFER
}

static void
same_facts(const struct script *s, const struct smtp_facts *got, const struct smtp_facts *want,
	   const char *how)
{
	if (memcmp(got, want, sizeof(*got)) == 0)
		return;
	say_difference(s, got, want);
	fail_msg("%s: facts differ, fed %s", s->name, how);
}

static void
check_expectations(const struct script *s, const struct outcome_of_run *o)
{
	struct smtp_facts want;

	memset(&want, 0, sizeof(want));
	want.greeting_code = 220;
	want.greeting_verb = GREETING_EHLO;
	want.extended = want.offered = FACT_YES;
	want.requested = FACT_NO;
	want.commands = o->facts.commands;
	want.replies = o->facts.replies;
	for (size_t i = 0; i < s->expect_count; i++)
		if (!check_fact(&want, s->expects[i].name, s->expects[i].value) &&
		    !check_text(s, o, &s->expects[i]))
			fail_msg("%s: what is %s %s", s->name, s->expects[i].name,
				 s->expects[i].value);
	same_facts(s, &o->facts, &want, "whole");
	if (!is_named(s, "from"))
		assert_string_equal(o->domains[0], "");
	if (!is_named(s, "rcpt"))
		assert_string_equal(o->domains[1], "");
	for (size_t i = 0; i < s->never_count; i++) {
		const char *all[] = {o->greeting,
				     o->helo,
				     o->ehlo,
				     o->auth,
				     o->refusal,
				     o->masked,
				     o->ahead,
				     o->samples[0],
				     o->samples[1],
				     o->evidence[SIDE_CLIENT],
				     o->evidence[SIDE_SERVER]};

		for (size_t k = 0; k < sizeof(all) / sizeof(all[0]); k++)
			if (strstr(all[k], s->nevers[i]) != NULL)
				fail_msg("%s: \"%s\" was kept: %s", s->name, s->nevers[i], all[k]);
	}
}

static void
same_outcome(const struct script *s, const struct outcome_of_run *got,
	     const struct outcome_of_run *want, const char *how)
{
	same_facts(s, &got->facts, &want->facts, how);
	if (memcmp(got, want, sizeof(*got)) != 0)
		fail_msg("%s: notes, evidence or TLS differ, fed %s", s->name, how);
}

static void
cuts_change_nothing(const struct script *s, const struct outcome_of_run *whole)
{
	static struct outcome_of_run o;
	char how[64];

	for (size_t piece = 1; piece < 8; piece++) {
		snprintf(how, sizeof(how), "%zu bytes at a time", piece);
		run(s, &(struct manner){.piece = piece}, &o);
		same_outcome(s, &o, whole, how);
	}
	for (size_t i = 0; i < s->count; i++)
		for (size_t cut = 1; cut < s->segments[i].len; cut++) {
			snprintf(how, sizeof(how), "with segment %zu cut at %zu", i, cut);
			run(s, &(struct manner){.cut = cut, .segment = i}, &o);
			same_outcome(s, &o, whole, how);
		}
}

static bool
is_no_more(enum fact got, enum fact want)
{
	return got == FACT_UNSEEN || got == want;
}

/* Every word of part stands in whole. */
static bool
is_subset(const char *part, const char *whole)
{
	while (*part != '\0') {
		size_t n = strcspn(part, " ");
		const char *at = whole;

		while (strcspn(at, " ") != n || strncmp(at, part, n) != 0) {
			at += strcspn(at, " ");
			if (*at++ == '\0')
				return false;
		}
		part += n;
		part += *part == ' ';
	}
	return true;
}

static bool
is_no_more_in_all(const struct outcome_of_run *o, const struct outcome_of_run *whole)
{
	const struct smtp_facts *f = &o->facts, *w = &whole->facts;

	return is_no_more(f->offered, w->offered) && is_no_more(f->requested, w->requested) &&
	       is_no_more(f->accepted, w->accepted) && f->mail_count <= w->mail_count &&
	       f->mail_accepted <= w->mail_accepted && f->message_sent <= w->message_sent &&
	       f->auth_sent <= w->auth_sent && f->credentials_sent <= w->credentials_sent &&
	       f->secret_sent <= w->secret_sent && f->requiretls_sent <= w->requiretls_sent &&
	       (f->client_injected == 0 || w->client_injected > 0) &&
	       (f->server_injected == 0 || w->server_injected > 0) &&
	       f->client_text_after <= w->client_text_after &&
	       f->mail_after_tls <= w->mail_after_tls &&
	       f->server_text_after <= w->server_text_after && f->verb_masked <= w->verb_masked &&
	       f->verb_echoed <= w->verb_echoed && f->starttls_requests <= w->starttls_requests &&
	       is_subset(o->domains[0], whole->domains[0]) &&
	       is_subset(o->domains[1], whole->domains[1]);
}

static void
nothing_is_made_up(const struct script *s, const struct outcome_of_run *whole, struct manner m,
		   const char *how, size_t i)
{
	static struct outcome_of_run o;

	run(s, &m, &o);
	if (s->is_changing && o.facts.offered == FACT_YES)
		o.facts.offered = whole->facts.offered;
	if (is_no_more_in_all(&o, whole))
		return;
	say_difference(s, &o.facts, &whole->facts);
	fail_msg("%s: something false is said, %s %zu", s->name, how, i);
}

static void
losses_make_nothing_up(const struct script *s, const struct outcome_of_run *whole)
{
	if (s->has_gap)
		return;
	for (size_t i = 0; i < s->count; i++) {
		nothing_is_made_up(s, whole, (struct manner){.left_out = i + 1}, "without segment",
				   i);
		nothing_is_made_up(s, whole, (struct manner){.from = i + 1}, "from behind segment",
				   i);
	}
	for (int side = 0; side < SIDES && s->sent[0] > 0 && s->sent[1] > 0; side++)
		nothing_is_made_up(s, whole, (struct manner){.lacks = side + 1}, "without side",
				   (size_t)side);
}

static void
session_gives_its_facts(void **state)
{
	static struct script s;
	static struct outcome_of_run whole;

	script_read(&s, *state);
	run(&s, &(struct manner){0}, &whole);
	check_expectations(&s, &whole);
	cuts_change_nothing(&s, &whole);
	losses_make_nothing_up(&s, &whole);
}

static int
by_name(const void *a, const void *b)
{
	const struct CMUnitTest *x = a, *y = b;

	return strcmp(x->name, y->name);
}

#define TESTS_MAX 512

int
main(void)
{
	static struct CMUnitTest tests[TESTS_MAX];
	DIR *dir = opendir("tests/sessions");
	struct dirent *entry;
	size_t n = 0;
	int failed;

	if (dir == NULL) {
		fprintf(stderr, "tests/sessions: cannot open (run from the top folder)\n");
		return 1;
	}
	while ((entry = readdir(dir)) != NULL && n < TESTS_MAX) {
		size_t len = strlen(entry->d_name);
		char *path;

		if (len < 4 || strcmp(entry->d_name + len - 4, ".txt") != 0)
			continue;
		path = malloc(len + sizeof("tests/sessions/"));
		sprintf(path, "tests/sessions/%s", entry->d_name);
		tests[n++] = (struct CMUnitTest){path, session_gives_its_facts, NULL, NULL, path};
	}
	closedir(dir);
	qsort(tests, n, sizeof(tests[0]), by_name);
	failed = _cmocka_run_group_tests("sessions", tests, n, NULL, NULL);
	for (size_t i = 0; i < n; i++)
		free(tests[i].initial_state);
	return failed;
}
