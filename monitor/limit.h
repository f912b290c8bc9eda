/*
 * How long and how much is kept, as people write it: "30d", "2y", "10G", "never".
 *
 * Pure: reads and writes text, and lays what is given over what stands below.
 */
#ifndef MONITOR_LIMIT_H
#define MONITOR_LIMIT_H

#include <stdbool.h>

#include "db/retain.h"

#define LIMIT_UNSET    INT64_C(-1) /* of any member of struct retain_limits: not given */
#define LIMIT_TEXT_MAX 32

/* No limit of these is given. */
extern const struct retain_limits limits_unset;

/*
 * Read a span: a number and one of h, d, w, y (of 365 days), or "never" or "0", which is no limit.
 * False for anything else, less than an hour and more than 1000 years.
 */
bool limit_span(const char *text, int64_t *out);

/* "never" or "0". */
bool limit_is_none(const char *text);

/* Write a span, in the largest unit that it is a whole number of; or a size. */
void limit_span_text(int64_t span, char out[LIMIT_TEXT_MAX]);
void limit_size_text(int64_t bytes, char out[LIMIT_TEXT_MAX]);

/* Whether any is given. */
bool limits_any(const struct retain_limits *given);

/* What is given, and where it is not, what stands below. */
struct retain_limits limits_over(const struct retain_limits *given,
				 const struct retain_limits *below);

#endif
