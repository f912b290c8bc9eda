/* What the takers of values share: words, numbers, sizes, lists; see flag.h and flag_take.h. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dissector/text.h"
#include "monitor/flag_take.h"
#include "monitor/utf8.h"

#define SIZE_LARGEST (UINT64_C(1) << 40) /* bytes; more is a slip */

bool
flag_refuse(struct taking *t, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(t->why, OPTIONS_WHY_MAX, format, arguments);
	va_end(arguments);
	return false;
}

bool
flag_choose(struct taking *t, const char *option, const char *value, const char *(*words)(size_t i),
	    size_t *out)
{
	char all[OPTIONS_WHY_MAX / 2] = "";

	for (*out = 0; words(*out) != NULL; (*out)++) {
		if (strcmp(words(*out), value) == 0)
			return true;
		snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s%s",
			 *out == 0 ? "" : ", ", words(*out));
	}
	return flag_refuse(t, "%s%s %s: unknown (one of: %s)", flag_dashes(t), option, value, all);
}

const char *
flag_dashes(const struct taking *t)
{
	return t->is_in_section ? "" : "--";
}

const char *
flag_severity(size_t i)
{
	return i <= SEVERITY_CRITICAL ? severity_name((enum severity)i) : NULL;
}

bool
flag_number(const char *value, uint64_t least, uint64_t most, uint64_t *out)
{
	return text_number(bytes_text(value), out) && *out >= least && *out <= most;
}

static uint64_t
size_unit(uint8_t letter)
{
	switch (letter) {
	case 'k':
		return 1u << 10;
	case 'm':
		return 1u << 20;
	case 'g':
		return 1u << 30;
	}
	return 1;
}

bool
flag_size(const char *value, uint64_t least, uint64_t *out)
{
	struct bytes digits = bytes_text(value);
	const uint64_t unit = size_unit(text_lower(digits.at[digits.len - 1]));

	if (unit > 1)
		digits.len--;
	if (!text_number(digits, out) || *out > SIZE_LARGEST / unit)
		return false;
	*out *= unit;
	return *out >= least;
}

bool
flag_append(struct taking *t, struct words *list, const char *word)
{
	const char **grown = realloc(list->at, (list->count + 1) * sizeof(*list->at));

	if (grown == NULL)
		return flag_refuse(t, "out of memory");
	list->at = grown;
	list->at[list->count++] = word;
	return true;
}

char *
flag_keep(struct taking *t, const char *text, size_t length)
{
	char *copy = strndup(text, length);

	if (copy != NULL && flag_append(t, &t->out->texts, copy))
		return copy;
	free(copy);
	flag_refuse(t, "out of memory");
	return NULL;
}

/* The length of the printable character at the front of text; 0 where there is none. */
static size_t
character_length(struct bytes text)
{
	/* The controls of C1, to a terminal the same as others. */
	if (text.len > 1 && text.at[0] == 0xc2 && text.at[1] < 0xa0)
		return 0;
	return utf8_character(text);
}

bool
flag_line(struct taking *t, const char *option, const char *value, size_t most)
{
	struct bytes rest = bytes_text(value);

	if (rest.len > most)
		return flag_refuse(t, "--%s: longer than %zu bytes", option, most);
	for (size_t length; rest.len > 0; rest = bytes_after(rest, length)) {
		length = character_length(rest);
		if (length == 0)
			return flag_refuse(t, "--%s: not one line of printable UTF-8 text", option);
	}
	return true;
}

enum service
flag_service(struct bytes name)
{
	for (unsigned s = SERVICE_SMTP; s < SERVICES; s++)
		if (bytes_equal(name, bytes_text(service_name((enum service)s))))
			return (enum service)s;
	return SERVICE_NONE;
}
