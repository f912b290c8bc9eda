/* Waiting for libcurl's sockets and for others at once. */
#ifndef MONITOR_CURL_WAIT_H
#define MONITOR_CURL_WAIT_H

#include <curl/curl.h>
#include <poll.h>

#define CURL_WAIT_OTHERS 256 /* others; more are not looked at */

/* As poll(2) of the others, no longer than so many milliseconds; libcurl's own end it, too. */
void curl_wait(CURLM *multi, struct pollfd *others, size_t count, int milliseconds);

#endif
