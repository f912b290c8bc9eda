/*
 * Where a webhook posts to, as far as it can be told wrong before it is asked. Reads the
 * text alone, and never repeats it: a chat's URL is its secret.
 */
#ifndef MONITOR_ALERT_SINK_URL_H
#define MONITOR_ALERT_SINK_URL_H

/* What is wrong with it, in static text; NULL: it is of https or http, and names no user. */
const char *sink_url_fault(const char *url);

#endif
