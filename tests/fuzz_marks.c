/*
 * Any text in place of a subject's marks: what is read of it is within range, can
 * be counted in, and comes back the same when it was written and read again.
 */
#include <stdlib.h>
#include <string.h>

#include "monitor/baseline/mark_text.h"

#define MARKS 96

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct mark marks[MARKS];
static char text[MARKS_TEXT_MAX(MARKS)];

static void
demand(bool holds)
{
	if (!holds)
		abort();
}

static void
check_mark(struct mark m)
{
	struct tally t;

	demand(m.kind < MARK_KINDS && memchr(m.value, '\0', sizeof(m.value)) != NULL);
	demand(m.recent_count <= TALLY_RECENT && m.recent < 1u << TALLY_RECENT);
	demand(m.first >= 0 && m.since >= 0 && m.last_yes >= 0 && m.last_no >= 0);
	mark_count(&m, m.yes % 2 == 0, 1700000000000000);
	t = mark_tally(&m, 1800000000000000);
	demand(tally_recent_yes(&t) <= TALLY_RECENT);
	mark_absolve(&m);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *in = malloc(size + 1);
	const char *at = in;
	struct mark again;
	size_t count = 0;

	if (in == NULL)
		return 0;
	memcpy(in, data, size);
	in[size] = '\0';
	while (count < MARKS && mark_text_read(&at, &marks[count]))
		check_mark(marks[count++]);
	demand(mark_text_write(marks, count, text) < sizeof(text));
	at = text;
	for (size_t i = 0; i < count; i++) {
		demand(mark_text_read(&at, &again));
		demand(memcmp(&again, &marks[i], sizeof(again)) == 0);
	}
	demand(!mark_text_read(&at, &again));
	free(in);
	return 0;
}
