/*
 * Alerts to web servers, by libcurl: one POST each, without waiting. TLS is
 * verified always. 2xx: it has it. 408, 425, 429, 5xx, redirects, which are not
 * followed, and all that keeps an answer away: later, after Retry-After (RFC 9110
 * section 10.2.3) where it is said. Other 4xx: refused.
 *
 * Reads authorities, tokens and headers' files when it is opened and no file
 * afterwards; addresses are found by resolve.h. No proxy, cookie, password or
 * environment has a say in it. An answer is read up to WEBHOOK_ANSWER_MAX, and no
 * more of it than its status is used.
 */
#ifndef MONITOR_ALERT_SEND_WEBHOOK_H
#define MONITOR_ALERT_SEND_WEBHOOK_H

#include "monitor/alert/send.h"

#define WEBHOOK_ANSWER_MAX 65536 /* bytes of header fields and body */

extern const struct send_way send_webhook;

struct webhooks;

/* NULL where memory is refused. */
struct webhooks *webhooks_new(void);

/* After all that use it are closed. NULL does nothing. */
void webhooks_free(struct webhooks *w);

/* Wait for its own sockets and for others, no longer than so many milliseconds. */
void webhooks_wait(struct webhooks *w, struct pollfd *others, size_t count, int milliseconds);

/* Do what can be done. */
void webhooks_run(struct webhooks *w);

#endif
