/*
 * libpcap over stdio over whatever the file is packed with; see capture.h.
 *
 * libpcap says in words alone why it stops, so that a file that ends early is
 * told from one that is damaged by whether the stream is at its end.
 */
#include "monitor/capture/capture.h"

#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "monitor/capture/unpack.h"

#define MICROSECONDS INT64_C(1000000)
#define PACKED_SHORT "its packed form ends early"
#define SECONDS_MOST INT64_C(253402300799) /* the end of year 9999 */

struct capture {
	pcap_t *pcap;
	struct unpack *unpack; /* the pcap's stream; goes with it */
	uint32_t linktype;
	enum capture_end end;
	char why[CAPTURE_WHY_MAX];
	void (*tell)(void *ctx, const struct captured *packet);
	void *ctx;
};

/* On this platform they are the same, but for raw IP. */
uint32_t
capture_linktype_of(int datalink)
{
	return datalink == DLT_RAW ? LINKTYPE_RAW : (uint32_t)datalink;
}

struct capture *
capture_open(int descriptor, enum capture_end *end, char why[CAPTURE_WHY_MAX])
{
	struct capture *c = calloc(1, sizeof(*c));
	char words[PCAP_ERRBUF_SIZE] = "";

	*end = CAPTURE_FOREIGN;
	if (c != NULL)
		c->unpack = unpack_new(descriptor);
	if (c == NULL || c->unpack == NULL) {
		snprintf(why, CAPTURE_WHY_MAX, "out of memory");
		close(descriptor);
		goto free;
	}
	c->pcap = pcap_fopen_offline(unpack_stream(c->unpack), words);
	if (c->pcap == NULL) {
		const char *packed = unpack_error(c->unpack);

		snprintf(why, CAPTURE_WHY_MAX, "%s", packed != NULL ? packed : words);
		if (packed == NULL && unpack_is_cut(c->unpack)) {
			*end = CAPTURE_TRUNCATED;
			snprintf(why, CAPTURE_WHY_MAX, PACKED_SHORT);
		}
		goto close_stream;
	}
	c->linktype = capture_linktype_of(pcap_datalink(c->pcap));
	return c;

close_stream:
	fclose(unpack_stream(c->unpack));
free:
	free(c);
	return NULL;
}

void
capture_close(struct capture *c)
{
	if (c == NULL)
		return;
	pcap_close(c->pcap);
	free(c);
}

void
capture_on_wait(struct capture *c, void (*wait)(void *ctx), void *ctx)
{
	unpack_on_wait(c->unpack, wait, ctx);
}

uint32_t
capture_linktype(const struct capture *c)
{
	return c->linktype;
}

uint64_t
capture_consumed(const struct capture *c)
{
	return unpack_consumed(c->unpack);
}

enum capture_end
capture_end(const struct capture *c)
{
	return c->end;
}

const char *
capture_why(const struct capture *c)
{
	return c->why;
}

/* Headers may claim any time: hold it within the years that a database can hold. */
static int64_t
time_of(const struct timeval *t)
{
	int64_t seconds = t->tv_sec, fraction = t->tv_usec;

	if (seconds < 0)
		return 0;
	if (seconds > SECONDS_MOST)
		seconds = SECONDS_MOST;
	if (fraction < 0 || fraction >= MICROSECONDS)
		fraction = MICROSECONDS - 1;
	return seconds * MICROSECONDS + fraction;
}

static void
hand_on(u_char *ctx, const struct pcap_pkthdr *header, const u_char *bytes)
{
	const struct capture *c = (const struct capture *)(const void *)ctx;
	const struct captured packet = {
	    .time = time_of(&header->ts),
	    .linktype = c->linktype,
	    .wire_len = header->len < header->caplen ? header->caplen : header->len,
	    .bytes = {bytes, header->caplen},
	};

	c->tell(c->ctx, &packet);
}

/* What kind of end this is, and the words for it. */
static void
conclude(struct capture *c, bool is_error)
{
	const char *packed = unpack_error(c->unpack);

	if (packed != NULL) {
		c->end = CAPTURE_DAMAGED;
		snprintf(c->why, sizeof(c->why), "%s", packed);
	} else if (unpack_is_cut(c->unpack)) {
		c->end = CAPTURE_TRUNCATED;
		snprintf(c->why, sizeof(c->why), PACKED_SHORT);
	} else if (is_error) {
		c->end = feof(unpack_stream(c->unpack)) ? CAPTURE_TRUNCATED : CAPTURE_DAMAGED;
		snprintf(c->why, sizeof(c->why), "%s", pcap_geterr(c->pcap));
	}
}

bool
capture_read(struct capture *c, int most, void (*tell)(void *ctx, const struct captured *packet),
	     void *ctx)
{
	int n;

	c->tell = tell;
	c->ctx = ctx;
	n = pcap_dispatch(c->pcap, most, hand_on, (u_char *)c);
	if (n > 0)
		return true;
	conclude(c, n < 0);
	return false;
}
