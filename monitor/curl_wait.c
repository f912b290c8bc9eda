/* Waiting for libcurl and others; see curl_wait.h. */
#include "monitor/curl_wait.h"

void
curl_wait(CURLM *multi, struct pollfd *others, size_t count, int milliseconds)
{
	struct curl_waitfd extra[CURL_WAIT_OTHERS];

	if (count > CURL_WAIT_OTHERS)
		count = CURL_WAIT_OTHERS;
	for (size_t i = 0; i < count; i++)
		extra[i] = (struct curl_waitfd){
		    .fd = others[i].fd,
		    .events = (short)(((others[i].events & POLLIN) != 0 ? CURL_WAIT_POLLIN : 0) |
				      ((others[i].events & POLLOUT) != 0 ? CURL_WAIT_POLLOUT : 0))};
	curl_multi_poll(multi, extra, (unsigned)count, milliseconds, NULL);
	/* It wakes up for errors, too, and does not say so. */
	if (poll(others, count, 0) >= 0)
		return;
	for (size_t i = 0; i < count; i++)
		others[i].revents = 0;
}
