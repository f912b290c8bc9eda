/*
 * libpcap on an interface; see live.h. What it calls on a packet socket after
 * activation is poll, the ring, getsockopt for the counters, and a look at
 * files of /sys that it can do without.
 */
#include "monitor/capture/live.h"

#include <errno.h>
#include <net/if.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "monitor/capture/capture.h"
#include "monitor/capture/device.h"
#include "monitor/clock.h"

/* Packets from before it had its share are all handed on, or not, within this time. */
#define UNSHARED_US (INT64_C(5) * LIVE_WAIT_MS * 1000)

struct live {
	pcap_t *pcap;
	uint32_t linktype;
	char narrow[LIVE_WHY_MAX]; /* what it cannot hear; empty: nothing */
	struct ifreq name;         /* empty: all interfaces */
	int64_t since;         /* packets from before are not ours; 0: there are none any more */
	int64_t sorted_out_by; /* ... at that time, by the monotonic clock */
	bool is_down;
	const char *remark;
	struct live_losses losses;
	uint32_t ring; /* libpcap's count, which wraps, as it was last */
	uint32_t read; /* packets that left the ring; wraps like libpcap's counts */
	struct device device;
	void (*tell)(void *ctx, const struct captured *packet);
	void *ctx;
};

/* What a person is to do about it. */
static const char *
advice(int status)
{
	switch (status) {
	case PCAP_ERROR_PERM_DENIED:
		return "run as root, or give the program CAP_NET_RAW: setcap cap_net_raw+ep "
		       "waxseal";
	case PCAP_ERROR_NO_SUCH_DEVICE:
		return "ip link shows which there are";
	case PCAP_ERROR_IFACE_NOT_UP:
		return "ip link set IFACE up";
	default:
		return "see the system's log";
	}
}

static void
explain(char why[LIVE_WHY_MAX], pcap_t *pcap, int status)
{
	const char *words = pcap_geterr(pcap);

	if (status != PCAP_ERROR || *words == '\0')
		words = pcap_statustostr(status);
	snprintf(why, LIVE_WHY_MAX, "%.200s (%s)", words, advice(status));
}

/* Each wish before activation; one that libpcap does not know is done without. */
static void
configure(pcap_t *pcap, const struct live_config *config)
{
	pcap_set_snaplen(pcap, (int)config->snaplen);
	pcap_set_promisc(pcap, 1);
	pcap_set_timeout(pcap, LIVE_WAIT_MS);
	pcap_set_buffer_size(pcap, (int)config->buffer);
	pcap_set_tstamp_precision(pcap, PCAP_TSTAMP_PRECISION_NANO);
}

/* False, with why, where it does not come to life. */
static bool
activate(struct live *l, bool *is_absent, char *why)
{
	char words[PCAP_ERRBUF_SIZE] = "";
	int status = pcap_activate(l->pcap);

	if (status < 0) {
		*is_absent =
		    status == PCAP_ERROR_NO_SUCH_DEVICE || status == PCAP_ERROR_IFACE_NOT_UP;
		explain(why, l->pcap, status);
		return false;
	}
	if (pcap_setnonblock(l->pcap, 1, words) != 0) {
		snprintf(why, LIVE_WHY_MAX, "%.200s", words);
		return false;
	}
	l->linktype = capture_linktype_of(pcap_datalink(l->pcap));
	return true;
}

struct live *
live_open(const struct live_config *config, bool *is_absent, char why[LIVE_WHY_MAX])
{
	char words[PCAP_ERRBUF_SIZE] = "";
	struct live *l = calloc(1, sizeof(*l));

	*is_absent = false;
	if (l == NULL) {
		snprintf(why, LIVE_WHY_MAX, "out of memory");
		return NULL;
	}
	l->pcap = pcap_create(config->interface, words);
	if (l->pcap == NULL) {
		snprintf(why, LIVE_WHY_MAX, "%.200s", words);
		free(l);
		return NULL;
	}
	device_none(&l->device);
	if (strcmp(config->interface, "any") != 0)
		snprintf(l->name.ifr_name, sizeof(l->name.ifr_name), "%s", config->interface);
	else
		snprintf(l->narrow, sizeof(l->narrow),
			 "not promiscuous: of what is mirrored for others an interface hears only "
			 "what it is set to (ip link set IFACE promisc on, or -i IFACE)");
	configure(l->pcap, config);
	if (!activate(l, is_absent, why)) {
		live_close(l);
		return NULL;
	}
	if (l->name.ifr_name[0] == '\0')
		l->remark = "what an interface loses itself is not seen (name it to have that "
			    "counted)";
	else if (!device_open(&l->device, config->interface))
		l->remark = "what the interface loses itself is not seen (is /sys mounted?)";
	return l;
}

void
live_close(struct live *l)
{
	if (l == NULL)
		return;
	pcap_close(l->pcap);
	device_close(&l->device);
	free(l);
}

const char *
live_remark(const struct live *l, size_t i)
{
	const char *lost = l->remark != NULL ? l->remark : "";

	return i == 0 ? l->narrow : lost;
}

uint32_t
live_linktype(const struct live *l)
{
	return l->linktype;
}

int
live_descriptor(const struct live *l)
{
	return pcap_fileno(l->pcap);
}

/* The clock of packets may be set: it is not trusted for longer than the ring's memory reaches. */
void
live_share(struct live *l, int64_t since, uint64_t lost)
{
	l->since = since;
	l->sorted_out_by = clock_steady_us() + UNSHARED_US;
	l->losses.ring += lost;
}

static void
hand_on(u_char *ctx, const struct pcap_pkthdr *header, const u_char *bytes)
{
	struct live *l = (struct live *)(void *)ctx;
	const struct captured packet = {
	    .time = (int64_t)header->ts.tv_sec * 1000000 + header->ts.tv_usec / 1000,
	    .linktype = l->linktype,
	    .wire_len = header->len < header->caplen ? header->caplen : header->len,
	    .bytes = {bytes, header->caplen},
	};

	l->read++;
	if (packet.time >= l->since)
		l->tell(l->ctx, &packet);
}

int
live_read(struct live *l, int most, void (*tell)(void *ctx, const struct captured *packet),
	  void *ctx)
{
	int n;

	l->tell = tell;
	l->ctx = ctx;
	if (l->since != 0 && clock_steady_us() > l->sorted_out_by)
		l->since = 0;
	n = pcap_dispatch(l->pcap, most, hand_on, (u_char *)l);
	return n < 0 ? -1 : n;
}

/* libpcap waits in silence for an interface that went down. */
bool
live_is_up(struct live *l)
{
	if (l->name.ifr_name[0] != '\0' && ioctl(pcap_fileno(l->pcap), SIOCGIFFLAGS, &l->name) == 0)
		l->is_down = !(l->name.ifr_flags & IFF_UP);
	return !l->is_down && !device_has_changed(&l->device) && !device_is_renamed(&l->device);
}

const char *
live_why(struct live *l)
{
	/* Before what its old name says, which may be another's by now. */
	if (device_is_renamed(&l->device))
		return "The interface was given another name";
	if (l->is_down)
		return "The interface went down";
	return device_has_changed(&l->device) ? "The interface's link type changed"
					      : pcap_geterr(l->pcap);
}

/*
 * What libpcap says of the interface itself is not looked at: it opens the
 * statistics each time, and takes those that it cannot open for 0.
 */
struct live_losses
live_losses(struct live *l)
{
	struct pcap_stat s;

	if (pcap_stats(l->pcap, &s) == 0) {
		uint32_t waiting = s.ps_recv - s.ps_drop - l->read;

		l->losses.ring += (uint32_t)(s.ps_drop - l->ring);
		l->ring = s.ps_drop;
		/* Half a count round: more were read than had come when it was counted. */
		l->losses.waiting = waiting <= INT32_MAX ? waiting : 0;
	}
	l->losses.interface += device_lost(&l->device);
	return l->losses;
}
