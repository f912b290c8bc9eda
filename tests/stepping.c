/*
 * The system's clock, set ahead or back for one program alone, as its own calls
 * and the packets that it captures show it. For tests: the machine's clock is
 * not theirs to set, and a namespace has none of its own.
 *
 * Linked with --wrap of both functions. By how many seconds the clock is off is
 * an int64_t, native, in the file that is called like the program with ".clock"
 * behind it; it may change at any time. Without that file the clock is right. A
 * second one behind it, which need not be there, is by how many seconds the clock
 * that nobody sets is ahead, as if they had passed.
 * The file is mapped before main, when no sandbox is entered yet.
 */
#include <pcap/pcap.h>
#include <stdint.h>
#include <time.h>

#include "tests/beside.h"

#define OFFS 2 /* what the file does not hold of its page is zero */

static const volatile int64_t *off;

/* Whoever asked for packets. */
struct asking {
	pcap_handler tell;
	u_char *ctx;
};

/* What --wrap calls them. */
int true_gettime(clockid_t clock, struct timespec *t) __asm__("__real_clock_gettime");
int set_gettime(clockid_t clock, struct timespec *t) __asm__("__wrap_clock_gettime");
int true_dispatch(pcap_t *p, int count, pcap_handler tell,
		  u_char *ctx) __asm__("__real_pcap_dispatch");
int set_dispatch(pcap_t *p, int count, pcap_handler tell,
		 u_char *ctx) __asm__("__wrap_pcap_dispatch");

__attribute__((constructor)) static void
map_clock(void)
{
	off = beside_map(".clock", OFFS * sizeof(*off), false);
}

int
set_gettime(clockid_t clock, struct timespec *t)
{
	int status = true_gettime(clock, t);

	if (status == 0 && clock == CLOCK_REALTIME && off != NULL)
		t->tv_sec += off[0];
	if (status == 0 && clock == CLOCK_MONOTONIC && off != NULL)
		t->tv_sec += off[1];
	return status;
}

static void
hand_on(u_char *ctx, const struct pcap_pkthdr *header, const u_char *bytes)
{
	const struct asking *asking = (const struct asking *)(const void *)ctx;
	struct pcap_pkthdr set = *header;

	set.ts.tv_sec += *off;
	asking->tell(asking->ctx, &set, bytes);
}

int
set_dispatch(pcap_t *p, int count, pcap_handler tell, u_char *ctx)
{
	struct asking asking = {tell, ctx};

	if (off == NULL)
		return true_dispatch(p, count, tell, ctx);
	return true_dispatch(p, count, hand_on, (u_char *)&asking);
}
