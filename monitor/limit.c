/* Limits as text; see limit.h. No months: they have no length. */
#include "monitor/limit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "dissector/text.h"

#define HOUR       INT64_C(3600000000)
#define YEAR       (365 * RETAIN_DAY)
#define LONGEST    (1000 * YEAR)
#define UNIT_COUNT 4

static const struct {
	char letter;
	int64_t span;
} units[UNIT_COUNT] = {{'y', YEAR}, {'w', 7 * RETAIN_DAY}, {'d', RETAIN_DAY}, {'h', HOUR}};

const struct retain_limits limits_unset = {LIMIT_UNSET, LIMIT_UNSET, LIMIT_UNSET, LIMIT_UNSET};

bool
limit_is_none(const char *text)
{
	return strcmp(text, "never") == 0 || strcmp(text, "0") == 0;
}

bool
limit_span(const char *text, int64_t *out)
{
	const size_t length = strlen(text);
	uint64_t count;

	*out = 0;
	if (limit_is_none(text))
		return true;
	if (length < 2 || !text_number((struct bytes){(const uint8_t *)text, length - 1}, &count) ||
	    count == 0)
		return false;
	for (size_t i = 0; i < UNIT_COUNT; i++) {
		if (units[i].letter != text[length - 1])
			continue;
		if (count > (uint64_t)(LONGEST / units[i].span))
			return false;
		*out = (int64_t)count * units[i].span;
		return true;
	}
	return false;
}

void
limit_span_text(int64_t span, char out[LIMIT_TEXT_MAX])
{
	snprintf(out, LIMIT_TEXT_MAX, "never");
	/* Weeks are for those who write them: 14 days are read as 14 days. */
	for (size_t i = 0; span > 0 && i < UNIT_COUNT; i++)
		if (units[i].letter != 'w' && (span % units[i].span == 0 || i == UNIT_COUNT - 1)) {
			snprintf(out, LIMIT_TEXT_MAX, "%" PRId64 "%c", span / units[i].span,
				 units[i].letter);
			return;
		}
}

void
limit_size_text(int64_t bytes, char out[LIMIT_TEXT_MAX])
{
	static const char letters[] = {'G', 'M', 'K'};

	snprintf(out, LIMIT_TEXT_MAX, bytes == 0 ? "never" : "%" PRId64, bytes);
	for (unsigned i = 0; bytes > 0 && i < sizeof(letters); i++) {
		const int64_t unit = INT64_C(1) << (30 - 10 * i);

		if (bytes % unit != 0)
			continue;
		snprintf(out, LIMIT_TEXT_MAX, "%" PRId64 "%c", bytes / unit, letters[i]);
		return;
	}
}

bool
limits_any(const struct retain_limits *given)
{
	return given->sessions != LIMIT_UNSET || given->evidence != LIMIT_UNSET ||
	       given->incidents != LIMIT_UNSET || given->bytes != LIMIT_UNSET;
}

static int64_t
over(int64_t given, int64_t below)
{
	return given == LIMIT_UNSET ? below : given;
}

struct retain_limits
limits_over(const struct retain_limits *given, const struct retain_limits *below)
{
	return (struct retain_limits){
	    .sessions = over(given->sessions, below->sessions),
	    .evidence = over(given->evidence, below->evidence),
	    .incidents = over(given->incidents, below->incidents),
	    .bytes = over(given->bytes, below->bytes),
	};
}
