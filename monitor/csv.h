/*
 * Lines of CSV, RFC 4180 section 2, but that a line ends in LF alone.
 *
 * What was not seen is an empty field; an empty text is "". A field that a
 * spreadsheet would take for a formula gets an apostrophe in front: banners
 * and names are chosen by strangers.
 */
#ifndef MONITOR_CSV_H
#define MONITOR_CSV_H

#include <stddef.h>
#include <stdio.h>

/* One line; a field may be NULL. */
void csv_line(FILE *out, const char *const *fields, size_t count);

#endif
