/* Sentences in a list of fixed size; see problems.h. */
#include "monitor/policy/problems.h"

#include <stdarg.h>
#include <stdio.h>

#include "dissector/text.h"

void
problems_add(struct problems *p, const char *format, ...)
{
	char text[PROBLEM_TEXT_MAX];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	for (size_t i = 0; i < p->count; i++)
		if (strcmp(p->text[i], text) == 0)
			return;
	if (p->count == PROBLEMS_MAX) {
		p->omitted++;
		return;
	}
	memcpy(p->text[p->count++], text, sizeof(text));
}

struct quoted
quoted(struct bytes in)
{
	/* A byte takes four where it is not printable, and one where it is. */
	struct bytes first = bytes_first(in, (PROBLEM_WIRE_MAX - sizeof("...")));
	char text[PROBLEM_WIRE_MAX * 4];
	struct quoted q;
	size_t len = text_printable(first, text, sizeof(text));

	if (first.len == in.len && len < sizeof(q.text)) {
		memcpy(q.text, text, len + 1);
		return q;
	}
	len = text_printable(first, q.text, sizeof(q.text) - sizeof("...") + 1);
	memcpy(q.text + len, "...", sizeof("..."));
	return q;
}
