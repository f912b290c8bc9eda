/*
 * A message of RFC 5322, as the local sendmail takes it: lines end in LF.
 *
 * The header is ours: what an incident holds gets into the subject alone, as one
 * line, encoded as RFC 2047 has it where it is not plain ASCII. The body is
 * quoted-printable (RFC 2045 section 6.7), so that its lines are short and no
 * relay has a reason to change them.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "dissector/text.h"
#include "monitor/alert/render.h"
#include "monitor/moment.h"
#include "monitor/utf8.h"

#define MAIL_LINE    76 /* RFC 2045 section 6.7: characters of an encoded line */
#define MAIL_WORD    42 /* bytes in one encoded word: RFC 2047 section 2 gives it 75 characters */
#define MAIL_HOST    255
#define MAIL_DAY     INT64_C(86400000000) /* microseconds */
#define MAIL_SUBJECT 200

/* RFC 5322 section 3.3, in UTC. */
static void
put_date(FILE *out, int64_t at)
{
	static const char *const days[] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
	static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
					     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	char text[MOMENT_TEXT_MAX];
	unsigned year = 1970, month = 1, day = 1, seconds = 0;
	int64_t number = at / MAIL_DAY % 7;

	if (at % MAIL_DAY < 0)
		number--;
	moment_text(at, text);
	/* "2026-03-01T12:00:00.000000Z" */
	year = (unsigned)strtoul(text, NULL, 10);
	month = (unsigned)strtoul(text + 5, NULL, 10);
	day = (unsigned)strtoul(text + 8, NULL, 10);
	seconds = (unsigned)strtoul(text + 17, NULL, 10);
	fprintf(out, "Date: %s, %u %s %04u %.5s:%02u +0000\n", days[(number + 7) % 7], day,
		months[(month + 11) % 12], year, text + 11, seconds);
}

/* The host as the right side of a Message-ID: labels with a dot between each two. */
static void
put_host(FILE *out, const char *host)
{
	size_t length = 0;
	bool is_dot_due = false;

	for (; host != NULL && *host != '\0' && length < MAIL_HOST; host++) {
		const uint8_t c = (uint8_t)*host;

		if (!text_is_alpha(c) && !text_is_digit(c) && c != '-') {
			is_dot_due |= c == '.' && length > 0;
			continue;
		}
		if (is_dot_due)
			putc('.', out);
		is_dot_due = false;
		putc(c, out);
		length++;
	}
	if (length == 0)
		fputs("localhost", out);
}

static void
put_id(const struct rendering *r, const char *field, const char *of, int64_t number, int64_t at)
{
	fprintf(r->out, "%s: <waxseal-%s-%" PRId64 "-%" PRId64 "@", field, of, number, at);
	put_host(r->out, r->host);
	fputs(">\n", r->out);
}

static void
put_base64(FILE *out, const uint8_t *at, size_t len)
{
	static const char letters[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < len; i += 3) {
		const unsigned b = i + 1 < len ? at[i + 1] : 0, c = i + 2 < len ? at[i + 2] : 0;
		const unsigned all = (unsigned)at[i] << 16 | b << 8 | c;

		putc(letters[all >> 18], out);
		putc(letters[all >> 12 & 63], out);
		putc(i + 1 < len ? letters[all >> 6 & 63] : '=', out);
		putc(i + 2 < len ? letters[all & 63] : '=', out);
	}
}

/* RFC 2047: words of whole characters, each on a line of its own. */
static void
put_words(FILE *out, struct bytes text)
{
	while (text.len > 0) {
		size_t len = 0, next = utf8_character(text);

		while (next > 0 && len + next <= MAIL_WORD) {
			len += next;
			next = utf8_character(bytes_after(text, len));
		}
		fputs("=?UTF-8?B?", out);
		put_base64(out, text.at, len);
		fputs("?=\n", out);
		text = bytes_after(text, len);
		if (len == 0)
			break; /* a line is characters from end to end */
		if (text.len > 0)
			putc(' ', out);
	}
}

static bool
is_plain(const char *text)
{
	for (; *text != '\0'; text++)
		if ((uint8_t)*text >= 0x80)
			return false;
	return strstr(text, "=?") == NULL;
}

static void
put_subject(const struct alert *a, FILE *out)
{
	char title[RENDER_TITLE_MAX], server[RENDER_VALUE_MAX], whole[MAIL_SUBJECT];
	char all[RENDER_TITLE_MAX + RENDER_VALUE_MAX + 16];

	render_title(a, title);
	render_server(a, server);
	snprintf(all, sizeof(all), "[waxseal] %s%s%s", title, a->incident != 0 ? " at " : "",
		 a->incident != 0 ? server : "");
	render_line(all, whole, sizeof(whole));
	fputs("Subject: ", out);
	if (is_plain(whole))
		fprintf(out, "%s\n", whole);
	else
		put_words(out, bytes_text(whole));
}

static void
put_header(const struct rendering *r)
{
	const struct alert *a = r->alert;
	FILE *out = r->out;

	put_date(out, a->at);
	if (r->sink->from != NULL)
		fprintf(out, "From: %s\n", r->sink->from);
	for (size_t i = 0; i < r->sink->recipients.count; i++)
		fprintf(out, "%s%s%s\n", i == 0 ? "To: " : " ", r->sink->recipients.at[i],
			i + 1 < r->sink->recipients.count ? "," : "");
	put_subject(a, out);
	/* The same each time that it is sent: mail readers show it once. */
	put_id(r, "Message-ID", "alert", a->id, a->at);
	/* All of one incident is one thread. */
	if (a->incident != 0)
		put_id(r, "References", "incident", a->incident, 0);
	fputs("Auto-Submitted: auto-generated\n" /* RFC 3834 section 5 */
	      "MIME-Version: 1.0\n"
	      "Content-Type: text/plain; charset=UTF-8\n"
	      "Content-Transfer-Encoding: quoted-printable\n"
	      "\n",
	      out);
}

/*
 * Whether a character may stand for itself. A dot or "From " at the beginning of a line, and a
 * blank at its end, are what mail systems change.
 */
static bool
is_literal(const char *text, size_t column)
{
	const uint8_t c = (uint8_t)*text;

	if (c == ' ')
		return text[1] != '\n' && text[1] != '\0';
	if (column == 0 && (c == '.' || strncmp(text, "From ", 5) == 0))
		return false;
	return c > ' ' && c <= '~' && c != '=';
}

static void
put_quoted(FILE *out, const char *text)
{
	size_t column = 0;

	for (; *text != '\0'; text++) {
		const uint8_t c = (uint8_t)*text;

		if (c == '\n') {
			putc('\n', out);
			column = 0;
			continue;
		}
		/* The widest that follows, and the "=" of a line that goes on. */
		if (column + 3 + 1 > MAIL_LINE) {
			fputs("=\n", out);
			column = 0;
		}
		if (is_literal(text, column)) {
			putc(c, out);
			column++;
		} else {
			fprintf(out, "=%02X", c);
			column += 3;
		}
	}
}

bool
render_mail(const struct rendering *r)
{
	char *text = NULL;
	size_t length = 0;
	FILE *into = open_memstream(&text, &length);
	bool is_written = false;

	if (into == NULL)
		return false;
	render_text(r->alert, into);
	if (fclose(into) == 0) {
		put_header(r);
		put_quoted(r->out, text);
		is_written = true;
	}
	free(text);
	return is_written;
}
