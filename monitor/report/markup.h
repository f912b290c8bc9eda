/*
 * Pieces of the page: text made harmless, and charts as SVG. Private to page.c.
 *
 * All that may be a stranger's goes through markup_text.
 */
#ifndef MONITOR_REPORT_MARKUP_H
#define MONITOR_REPORT_MARKUP_H

#include "monitor/report/report.h"

/*
 * Text as it may stand between tags and in quoted attributes: what HTML gives a
 * meaning is written as a reference, and what is not printable ASCII as
 * U+FFFD, so that no direction of writing and no control gets through.
 */
void markup_text(FILE *out, const char *text);

/* The whole style of a page, for a <style> element. */
extern const char markup_style[];

/* Share of the mail in clear by step; and how many sessions there were, by outcome. */
void markup_chart_shares(const struct report *r, FILE *out);
void markup_chart_sessions(const struct report *r, FILE *out);

/* A bar of three parts, as wide as a cell. */
void markup_bar(const struct counts *c, FILE *out);

#endif
