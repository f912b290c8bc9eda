/*
 * The exporter role: serves the text that the keeper gives it, over HTTP.
 *
 * It listens, closes itself in, and from then on can accept connections and answer them,
 * and nothing else: no file, no connection of its own, no database, no packet. It answers GET
 * and HEAD of /metrics; anything else is 404. What connects is hostile: few at once, each for a
 * moment, and little is read of it.
 */
#ifndef MONITOR_ROLE_EXPORTER_H
#define MONITOR_ROLE_EXPORTER_H

#include "monitor/role/sandbox.h"

#define EXPORTER_CONNECTIONS 8     /* at once; more wait */
#define EXPORTER_PATIENCE_MS 10000 /* for a connection, from its beginning to its end */
#define EXPORTER_STALE_MS    60000 /* text older than this is served no more: 503 */
#define EXPORTER_MEMORY      ((size_t)192 << 20)

/* Serve until the keeper is gone; the status to exit with. */
int exporter_main(const struct sandbox *box);

#endif
