/* Lines of CSV; see csv.h. */
#include "monitor/csv.h"

#include <stdbool.h>
#include <string.h>

/* A number may begin with a sign and is no formula. */
static bool
is_number(const char *field)
{
	if (*field == '-')
		field++;
	return *field != '\0' && field[strspn(field, "0123456789.")] == '\0';
}

static void
csv_field(FILE *out, const char *field)
{
	const bool is_formula =
	    field[0] != '\0' && strchr("=+-@\t\r", field[0]) != NULL && !is_number(field);

	/* Quoted where it must be, and where it is empty: NULL is not quoted. */
	if (field[0] != '\0' && strpbrk(field, ",\"\r\n ") == NULL) {
		fprintf(out, "%s%s", is_formula ? "'" : "", field);
		return;
	}
	fputs(is_formula ? "\"'" : "\"", out);
	for (; *field != '\0'; field++) {
		if (*field == '"')
			putc('"', out);
		putc(*field, out);
	}
	putc('"', out);
}

void
csv_line(FILE *out, const char *const *fields, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			putc(',', out);
		if (fields[i] != NULL)
			csv_field(out, fields[i]);
	}
	putc('\n', out);
}
