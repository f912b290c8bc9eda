#include "monitor/json.h"

#include <inttypes.h>
#include <string.h>

#include "monitor/utf8.h"

static void
put_control(FILE *out, uint8_t c)
{
	fprintf(out, "\\u%04x", c);
}

void
json_put_text(FILE *out, const char *text)
{
	struct bytes rest = bytes_text(text);

	putc('"', out);
	while (rest.len > 0) {
		size_t len = utf8_character(rest);

		if (*rest.at == '"' || *rest.at == '\\')
			putc('\\', out);
		if (len > 0)
			fwrite(rest.at, 1, len, out);
		else if (*rest.at < 0x20)
			put_control(out, *rest.at);
		else
			fputs("\\ufffd", out);
		rest = bytes_after(rest, len > 0 ? len : 1);
	}
	putc('"', out);
}

struct json_object
json_object_begin(FILE *out)
{
	putc('{', out);
	return (struct json_object){out, false};
}

void
json_object_end(struct json_object *o)
{
	putc('}', o->out);
}

void
json_member(struct json_object *o, const char *name)
{
	fprintf(o->out, "%s\"%s\":", o->has_member ? "," : "", name);
	o->has_member = true;
}

void
json_member_text(struct json_object *o, const char *name, const char *text)
{
	if (text == NULL)
		return;
	json_member(o, name);
	json_put_text(o->out, text);
}

void
json_member_number(struct json_object *o, const char *name, int64_t number)
{
	json_member(o, name);
	fprintf(o->out, "%" PRId64, number);
}

struct json_list
json_list_over(char *at, size_t size)
{
	memcpy(at, "[]", 3);
	return (struct json_list){at, 1, size};
}

static size_t
escapes_in(struct bytes text)
{
	size_t count = 0;

	for (size_t i = 0; i < text.len; i++)
		count += text.at[i] == '"' || text.at[i] == '\\';
	return count;
}

bool
json_list_add(struct json_list *l, struct bytes text)
{
	const size_t comma = l->len > 1;

	/* Two quotes, the bracket, NUL. */
	if (l->len + comma + text.len + escapes_in(text) + 4 > l->size)
		return false;
	if (comma)
		l->at[l->len++] = ',';
	l->at[l->len++] = '"';
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] == '"' || text.at[i] == '\\')
			l->at[l->len++] = '\\';
		l->at[l->len++] = (char)text.at[i];
	}
	memcpy(l->at + l->len, "\"]", 3);
	l->len++;
	return true;
}

bool
json_list_next(const char **list, char *out, size_t size)
{
	const char *at = *list == NULL ? NULL : strchr(*list, '"');
	size_t len = 0;

	if (at == NULL)
		return false;
	for (at++; *at != '\0' && *at != '"'; at++) {
		if (*at == '\\' && at[1] != '\0')
			at++;
		if (len + 1 < size)
			out[len++] = *at;
	}
	out[len] = '\0';
	*list = *at == '"' ? at + 1 : at;
	return *at == '"';
}
