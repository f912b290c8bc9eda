/* A number and what is counted; see counted.h. */
#include "monitor/counted.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *
plural(uint64_t number)
{
	return number == 1 ? "" : "s";
}

struct counted
counted(uint64_t number, const char *noun)
{
	struct counted c;

	snprintf(c.text, sizeof(c.text), "%" PRIu64 " %s%s", number, noun, plural(number));
	return c;
}

struct counted
grouped(uint64_t number)
{
	struct counted c = {""};
	char digits[24];
	size_t len = (size_t)snprintf(digits, sizeof(digits), "%" PRIu64, number);
	char *out = c.text;

	for (size_t i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			*out++ = ',';
		*out++ = digits[i];
	}
	return c;
}

struct counted
counted_grouped(uint64_t number, const char *noun)
{
	struct counted c = grouped(number);
	size_t len = strlen(c.text);

	snprintf(c.text + len, sizeof(c.text) - len, " %s%s", noun, plural(number));
	return c;
}
