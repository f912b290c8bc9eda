/*
 * {"text": ...}, as the incoming webhooks of Slack, Mattermost and others take it.
 *
 * Slack asks for "&", "<" and ">" to be escaped; with that nothing in a text is a
 * link or calls a person there. Elsewhere "@all" would call everybody, and stars
 * would be markup: so what an incident holds stands in a block of code, which
 * nothing in it can end.
 */
#include <stdlib.h>
#include <string.h>

#include "monitor/alert/render.h"
#include "monitor/json.h"
#include "monitor/utf8.h"

#define CHAT_MAX   3500 /* bytes of the block: chats cut or refuse texts of more than 4000 */
#define CHAT_FENCE "```"
#define CHAT_CUT   "... (cut)\n"

/* What stands for a character of the text. */
static struct bytes
escaped(struct bytes rest, size_t len)
{
	switch (*rest.at) {
	case '&':
		return bytes_text("&amp;");
	case '<':
		return bytes_text("&lt;");
	case '>':
		return bytes_text("&gt;");
	case '`':
		return bytes_text("'");
	default:
		return bytes_first(rest, len);
	}
}

/* The text, as far as it fits into so many bytes. */
static void
put_block(FILE *out, const char *text, size_t most)
{
	struct bytes rest = bytes_text(text);
	size_t used = 0;

	while (rest.len > 0) {
		size_t len = utf8_character(rest);
		struct bytes c;

		/* The text is lines of characters: what is none is the end of a line. */
		if (len == 0)
			len = 1;
		c = escaped(rest, len);
		if (used + c.len + strlen(CHAT_CUT) > most) {
			fputs(CHAT_CUT, out);
			return;
		}
		fwrite(c.at, 1, c.len, out);
		used += c.len;
		rest = bytes_after(rest, len);
	}
}

/* The text of a stream into memory, which is written by put; NULL where memory is out. */
static char *
written(const struct alert *a, void (*put)(const struct alert *a, FILE *out))
{
	char *text = NULL;
	size_t length = 0;
	FILE *into = open_memstream(&text, &length);

	if (into == NULL)
		return NULL;
	put(a, into);
	if (fclose(into) == 0)
		return text;
	free(text);
	return NULL;
}

static void
put_message(const struct alert *a, FILE *out)
{
	char *text = written(a, render_text);

	if (text == NULL)
		return;
	fputs("waxseal\n" CHAT_FENCE "\n", out);
	put_block(out, text, CHAT_MAX);
	fputs(CHAT_FENCE, out);
	free(text);
}

bool
render_chat(const struct rendering *r)
{
	char *message = written(r->alert, put_message);
	struct json_object o;

	if (message == NULL || message[0] == '\0') {
		free(message);
		return false;
	}
	o = json_object_begin(r->out);
	json_member_text(&o, "text", message);
	json_object_end(&o);
	free(message);
	return true;
}
