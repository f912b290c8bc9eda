/* The words of a finding; see say.h. */
#include "monitor/judge/say.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "dissector/text.h"
#include "monitor/counted.h"

struct said
said(struct bytes wire)
{
	static const char cut[] = "...\"";
	struct said s;
	size_t len, whole;

	s.text[0] = '"';
	len = 1 + text_printable(wire, s.text + 1, SAID_MAX - sizeof(cut));
	/* A cut shows: what was written is shorter than what there was to write. */
	whole = 0;
	for (size_t i = 0; i < wire.len && whole < SAID_MAX; i++) {
		uint8_t c = wire.at[i];

		whole += c == '\\' ? 2 : c >= 0x20 && c < 0x7f ? 1 : 4;
	}
	if (len - 1 < whole)
		memcpy(s.text + len, cut, sizeof(cut));
	else
		memcpy(s.text + len, "\"", 2);
	return s;
}

void
say_detail(struct finding *out, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(out->detail, sizeof(out->detail), format, args);
	va_end(args);
}

void
say_more(struct finding *out, const char *format, ...)
{
	size_t len = strlen(out->detail);
	va_list args;

	va_start(args, format);
	vsnprintf(out->detail + len, sizeof(out->detail) - len, format, args);
	va_end(args);
}

/* A new proof to be filled; NULL where there is no room. */
static struct proof *
proof_new(struct finding *out, const char *what)
{
	struct proof *p;

	if (out->proof_count == PROOFS_MAX)
		return NULL;
	p = &out->proofs[out->proof_count++];
	snprintf(p->what, sizeof(p->what), "%s", what);
	p->value[0] = '\0';
	p->is_count = false;
	return p;
}

void
say_proof(struct finding *out, const char *what, const char *format, ...)
{
	struct proof *p = proof_new(out, what);
	va_list args;

	if (p == NULL)
		return;
	va_start(args, format);
	vsnprintf(p->value, sizeof(p->value), format, args);
	va_end(args);
}

void
say_proof_count(struct finding *out, const char *what, const char *format, ...)
{
	struct proof *p = proof_new(out, what);
	va_list args;

	if (p == NULL)
		return;
	p->is_count = true;
	va_start(args, format);
	vsnprintf(p->value, sizeof(p->value), format, args);
	va_end(args);
}

void
say_proof_bytes(struct finding *out, const char *what, struct bytes wire)
{
	struct proof *p = proof_new(out, what);

	if (p != NULL)
		text_printable(wire, p->value, sizeof(p->value));
}

void
say_proof_lines(struct finding *out, const char *what, const struct bytes *lines, size_t count)
{
	struct proof *p = count > 0 ? proof_new(out, what) : NULL;
	size_t len = 0;

	if (p == NULL)
		return;
	for (size_t i = 0; i < count; i++) {
		if (i > 0 && len + sizeof(" | ") <= sizeof(p->value)) {
			memcpy(p->value + len, " | ", sizeof(" | "));
			len += sizeof(" | ") - 1;
		}
		len += text_printable(lines[i], p->value + len, sizeof(p->value) - len);
	}
}

void
say_proof_capture(struct finding *out, const struct session *s)
{
	say_proof(out, "captured", "%s, %s, %s missing, %s in the part that is in clear",
		  s->seen == SEEN_BOTH     ? "both directions"
		  : s->seen == SEEN_CLIENT ? "the client's packets only"
					   : "the server's packets only",
		  s->syn_seen ? "from the first packet" : "the beginning not seen",
		  counted(s->gap_bytes, "byte").text,
		  s->clear_whole  ? "none"
		  : s->mail_whole ? "none before the mail"
				  : "some");
}

void
say_proof_asked(struct finding *out, const struct session *s)
{
	if (s->sni.len > 0)
		say_proof_bytes(out, "name asked for", s->sni);
	else if (s->tls.client_hello)
		say_proof(out, "name asked for",
			  "none (no SNI): the server may show such clients the certificate of "
			  "another of its names");
}

void
say_proof_ehlo(struct finding *out, const struct session *s)
{
	say_proof_lines(out, "EHLO reply", s->ehlo, s->ehlos);
}

const char *
side_name(enum side side)
{
	return side == SIDE_CLIENT ? "client" : "server";
}

void
rate(struct finding *out, enum severity severity, enum certainty certainty, enum where where)
{
	out->severity = severity;
	out->certainty = certainty;
	out->where = where;
}
