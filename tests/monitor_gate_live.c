/*
 * The gate on live sockets of libpcap, in a network namespace of its own: frames
 * are written to a TAP device, and what comes out of the capture is looked at.
 *
 * Skipped, visibly, where no namespace or device is to be had; as far as the
 * kernel refuses eBPF the gate in user space must give the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <pcap.h>
#include <sched.h>
#include <seccomp.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dissector/flow.h"
#include "monitor/capture/gate.h"
#include "tests/gate_wraps.h"

#define SNAPLEN  65535
#define SECONDS  180   /* of this test at most */
#define SENTINEL 50000 /* client's port of the frame that ends a round */

static int tap = -1;
static uint8_t service[65536];

static void
bring_up(void)
{
	struct ifreq r = {.ifr_name = "tap0", .ifr_flags = IFF_UP};
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	assert_return_code(ioctl(s, SIOCSIFFLAGS, &r), errno);
	close(s);
}

static int
prepare(void **state)
{
	struct ifreq r = {.ifr_name = "tap0", .ifr_flags = IFF_TAP | IFF_NO_PI};

	(void)state;
	service[25] = 1;
	alarm(SECONDS);
	if (unshare(CLONE_NEWNET) != 0) {
		print_message("# no network namespace: %s\n", strerror(errno));
		return 0;
	}
	tap = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	if (tap < 0 || ioctl(tap, TUNSETIFF, &r) != 0) {
		print_message("# no TAP device: %s\n", strerror(errno));
		tap = -1;
		return 0;
	}
	bring_up();
	return 0;
}

struct live {
	pcap_t *pcap;
	struct gate *gate;
};

static struct live
begin(const char *device)
{
	const struct gate_config config = {
	    .with_kernel = true, .flows = 4096, .snaplen = SNAPLEN, .service = service};
	char error[PCAP_ERRBUF_SIZE], why[GATE_WHY_MAX];
	struct live l = {pcap_create(device, error), gate_new(&config, why)};

	assert_non_null(l.pcap);
	assert_non_null(l.gate);
	pcap_set_snaplen(l.pcap, 2048); /* room for all frames in the ring */
	pcap_set_immediate_mode(l.pcap, 1);
	pcap_set_timeout(l.pcap, 10);
	assert_int_equal(pcap_activate(l.pcap), 0);
	if (why[0] == '\0' &&
	    gate_attach(l.gate, pcap_fileno(l.pcap), (uint32_t)pcap_datalink(l.pcap), why))
		assert_true(gate_is_in_kernel(l.gate));
	else
		print_message("# %s\n", why);
	return l;
}

static void
end(struct live *l)
{
	pcap_close(l->pcap);
	gate_free(l->gate);
}

/* Behind an Ethernet header, where the wrapping begins with IP. */
static void
send_wrapped(uint32_t linktype, struct bytes wrap, const struct packet *p)
{
	struct captured inner = wrapped(linktype, wrap, p);
	uint8_t frame[2048] = MACS;
	size_t head = linktype == 1 ? 0 : 14;

	frame[12] = linktype == 229 ? 0x86 : 0x08;
	frame[13] = linktype == 229 ? 0xdd : 0x00;
	memcpy(frame + head, inner.bytes.at, inner.bytes.len);
	assert_int_equal(write(tap, frame, head + inner.bytes.len), head + inner.bytes.len);
}

static void
send_plain(const struct packet *p)
{
	send_wrapped(LINKTYPE_RAW, (struct bytes){(const uint8_t *)"", 0}, p);
}

/* Whether the gate let it through, and a segment comes of it; nothing else may come. */
static bool
next_segment(struct live *l, struct packet *out)
{
	struct pcap_pkthdr *h;
	const u_char *bytes;
	struct captured in = {.linktype = (uint32_t)pcap_datalink(l->pcap)};

	if (pcap_next_ex(l->pcap, &h, &bytes) != 1)
		return false;
	in.bytes = (struct bytes){bytes, h->caplen};
	in.wire_len = h->len;
	if (!gate_passes(l->gate, &in))
		return false;
	assert_int_equal(packet_read(&in, NULL, out), PACKET_TCP);
	return true;
}

/* How many segments came before the sentinel, which is sent here. */
static size_t
count_segments(struct live *l)
{
	const struct packet sentinel = segment(4, SENTINEL, 25, TCP_ACK);
	struct packet p = {0};
	size_t count = 0;

	send_plain(&sentinel);
	while (p.source_port != SENTINEL) {
		if (!next_segment(l, &p))
			continue;
		assert_int_equal(p.destination_port, 25);
		count++;
	}
	return count - 1;
}

/*
 * Of a cooked packet with two tags, one of which the device took off, Linux 6.11
 * and its kin tell the innermost protocol though the bytes begin at the second
 * tag: what libpcap makes of that is no packet any more, with a gate or without.
 */
static bool
is_sent(size_t i, bool is_cooked)
{
	if (is_cooked && strcmp(wraps[i].name, "QinQ") == 0)
		return false;
	return wraps[i].linktype == 1 || wraps[i].linktype == LINKTYPE_RAW ||
	       wraps[i].linktype == 228 || wraps[i].linktype == 229;
}

static size_t
send_in_every_wrapping(const struct packet *p, bool is_cooked)
{
	size_t count = 0;

	for (size_t i = 0; i < WRAPS; i++) {
		if (!is_sent(i, is_cooked))
			continue;
		send_wrapped(wraps[i].linktype, wraps[i].wrap, p);
		count++;
	}
	return count;
}

static void
check_device(const char *device, bool is_cooked)
{
	const struct packet mail = segment(4, 40000, 25, TCP_ACK),
			    web = segment(4, 1, 443, TCP_ACK);
	const struct packet fin = segment(4, 40000, 25, TCP_FIN | TCP_ACK);
	const struct packet syn = segment(4, 40000, 25, TCP_SYN);
	struct live l = begin(device);
	struct gate_count flow, counts[GATE_VERDICTS];
	bool is_low;
	struct flow_key key = flow_key_of(&mail, &is_low);
	size_t sent = send_in_every_wrapping(&web, is_cooked);

	assert_int_equal(count_segments(&l), 0);
	gate_counts(l.gate, counts);
	assert_int_equal(counts[GATE_UNWATCHED].packets, sent);
	assert_int_equal(send_in_every_wrapping(&mail, is_cooked), sent);
	assert_int_equal(count_segments(&l), sent);

	gate_mark(l.gate, &key);
	send_in_every_wrapping(&mail, is_cooked);
	send_plain(&fin);
	assert_int_equal(count_segments(&l), 1);
	assert_true(gate_flow(l.gate, &key, &flow));
	assert_int_equal(flow.packets, sent);

	send_plain(&syn);
	send_plain(&mail);
	assert_int_equal(count_segments(&l), 2);
	assert_false(gate_flow(l.gate, &key, &flow));
	end(&l);
}

static void
a_device_gives_what_is_worth_reading(void **state)
{
	(void)state;
	if (tap < 0)
		skip();
	check_device("tap0", false);
}

/* There packets come without their link header, and VLAN tags beside them. */
static void
so_does_the_device_of_all_devices(void **state)
{
	(void)state;
	if (tap < 0)
		skip();
	check_device("any", true);
}

static void
the_snap_length_is_the_gates(void **state)
{
	const struct gate_config config = {
	    .with_kernel = true, .flows = 16, .snaplen = 60, .service = service};
	const struct packet mail = {.source = {4, {192, 0, 2, 7}},
				    .destination = {4, {192, 0, 2, 8}},
				    .destination_port = 25,
				    .payload =
					BYTES("a payload that is longer than what is wanted")};
	char why[GATE_WHY_MAX];
	struct live l;
	struct pcap_pkthdr *h;
	const u_char *bytes;

	(void)state;
	if (tap < 0)
		skip();
	l = begin("tap0");
	gate_free(l.gate);
	l.gate = gate_new(&config, why);
	if (!gate_attach(l.gate, pcap_fileno(l.pcap), 1, why)) {
		end(&l);
		skip();
	}
	send_plain(&mail);
	while (pcap_next_ex(l.pcap, &h, &bytes) != 1)
		;
	assert_int_equal(h->caplen, 60);
	assert_int_equal(h->len, 14 + 40 + mail.payload.len);
	end(&l);
}

/* In a child, as nobody: what a test may not do to itself. */
static int
as_nobody(int (*attempt)(struct gate *g), struct gate *g)
{
	int status;
	pid_t child = fork();

	if (child == 0)
		_exit(setgid(65534) == 0 && setuid(65534) == 0 ? attempt(g) : 77);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static const struct captured settled = {
    .linktype = LINKTYPE_RAW,
    .wire_len = 40,
    .bytes = BYTES_INIT("\x45\0\0\x28\0\0\0\0\x40\x06\0\0\xc0\0\x02\x07\xc0\0\x02\x08"
			"\0\x63\0\x19\0\0\0\0\0\0\0\0\x50\x10\0\0\0\0\0\0")};

/* The kernel withholds the flow, or we do. */
static int
mark_and_judge(struct gate *g)
{
	struct packet p;
	struct gate_count flow;
	struct flow_key key;
	bool is_low;

	if (packet_read(&settled, NULL, &p) != PACKET_TCP)
		return 1;
	key = flow_key_of(&p, &is_low);
	gate_mark(g, &key);
	if (!gate_flow(g, &key, &flow))
		return 2;
	if (!gate_is_in_kernel(g) && gate_passes(g, &settled))
		return 3;
	gate_forget(g, &key);
	return gate_passes(g, &settled) ? 0 : 4;
}

/* A sandbox that answers every bpf(2) with an error, as kernels before 5.19 may by themselves. */
static int
mark_where_the_kernel_takes_none(struct gate *g)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int error;

	if (!filter || seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(bpf), 0) != 0 ||
	    seccomp_load(filter) != 0)
		return 5;
	error = mark_and_judge(g);
	seccomp_release(filter);
	return error;
}

static void
flows_are_marked_without_privilege(void **state)
{
	const struct gate_config config = {
	    .with_kernel = true, .flows = 16, .snaplen = SNAPLEN, .service = service};
	char why[GATE_WHY_MAX];
	struct gate *g = gate_new(&config, why);

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_non_null(g);
	assert_int_equal(as_nobody(mark_and_judge, g), 0);
	assert_int_equal(as_nobody(mark_where_the_kernel_takes_none, g), 0);
	gate_free(g);
}

static int
make_one(struct gate *unused)
{
	const struct gate_config config = {
	    .with_kernel = true, .flows = 16, .snaplen = SNAPLEN, .service = service};
	char why[GATE_WHY_MAX];
	struct gate *g = gate_new(&config, why);

	(void)unused;
	print_message("# %s\n", why);
	if (!g || gate_is_in_kernel(g) || !strstr(why, "eBPF"))
		return 1;
	return mark_and_judge(g);
}

static void
a_refusal_is_told_and_made_good(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(as_nobody(make_one, NULL), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_device_gives_what_is_worth_reading),
	    cmocka_unit_test(so_does_the_device_of_all_devices),
	    cmocka_unit_test(the_snap_length_is_the_gates),
	    cmocka_unit_test(flows_are_marked_without_privilege),
	    cmocka_unit_test(a_refusal_is_told_and_made_good),
	};

	return cmocka_run_group_tests(tests, prepare, NULL);
}
