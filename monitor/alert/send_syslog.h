/*
 * Alerts to syslog: messages of RFC 5424 that are ready, framed for the carrier:
 * as they are to the local socket and by UDP (RFC 5426, one a datagram, cut at
 * SYSLOG_UDP_MAX), by octet counting over TCP (RFC 6587 section 3.4.1) and TLS
 * (RFC 5425 section 4.3).
 *
 * By UDP nobody knows whether one arrived. The local socket is opened before the
 * process is closed in, and is to be opened anew where its daemon is.
 */
#ifndef MONITOR_ALERT_SEND_SYSLOG_H
#define MONITOR_ALERT_SEND_SYSLOG_H

#include "monitor/alert/send.h"

/*
 * Bytes of a datagram: what all receivers SHOULD take, RFC 5426 section 3.2, and
 * no fragments on the usual links either once more than that fits.
 */
#define SYSLOG_UDP_MAX 2048

extern const struct send_way send_syslog;

#endif
