/*
 * Edits a recorded capture as a tap, a network or a worse network would have:
 * drops, doubles, reorders, cuts, resegments and encapsulates its packets.
 * Ethernet captures of the range in, one pcap out; trusts its caller.
 *
 *	edit IN OUT OP ...
 *
 *	drop=TEXT		leave out the first packet whose payload holds TEXT (\r \n \xHH)
 *	swap=TEXT		exchange it with the packet behind it
 *	from=TEXT, until=TEXT	the capture starts, ends with it
 *	again=TEXT,N		behind the packet after it, a retransmission from its Nth byte on
 *	chop=N			every segment in pieces of N bytes
 *	plan=FILE		connection N, in the order of SYNs, begins when its line N says
 *				(seconds)
 *	sessions=A,B		of the connections those from number A to B alone, the first being 1
 *	only=client|server	packets of one side alone (the server's port is the lower)
 *	snap=N			keep N bytes of each packet
 *	dup, dup-vlan=ID	every packet twice (the copy with a VLAN tag)
 *	fragment=N		IPv4 packets in fragments of N bytes (a multiple of 8)
 *	vlan=ID qinq=ID mpls=LABEL pppoe=ID ipip=0 ip6=0 gre=0 gre-key=KEY gretap=0 erspan=ID
 *	vxlan=VNI geneve=VNI gtpu=TEID		carried in
 *	sll=0 raw=0		another link type
 */
#include <ctype.h>
#include <err.h>
#include <pcap/pcap.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PACKETS_MAX 20000
#define ROOM        70000
#define ETH         14

struct packet {
	struct pcap_pkthdr header;
	uint8_t *bytes;
	size_t connection; /* from 1; 0: began before the capture */
	size_t place;      /* in the capture, while packets are sorted */
};

static struct packet packets[PACKETS_MAX];
static size_t count;
static int link_type = DLT_EN10MB;

static uint32_t
get16(const uint8_t *p)
{
	return (uint32_t)p[0] << 8 | p[1];
}

static uint32_t
get32(const uint8_t *p)
{
	return get16(p) << 16 | get16(p + 2);
}

static void
put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void
put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v);
}

static uint32_t
sum(const uint8_t *p, size_t len, uint32_t start)
{
	for (size_t i = 0; i + 1 < len; i += 2)
		start += get16(p + i);
	if (len % 2 == 1)
		start += (uint32_t)p[len - 1] << 8;
	while (start > 0xffff)
		start = (start & 0xffff) + (start >> 16);
	return start;
}

static bool
is_ip6(const uint8_t *frame)
{
	return get16(frame + 12) == 0x86dd;
}

static uint8_t *
tcp_of(const struct packet *p)
{
	return p->bytes + ETH + (is_ip6(p->bytes) ? 40 : (p->bytes[ETH] & 15) * 4);
}

static uint8_t *
payload_of(const struct packet *p, size_t *len)
{
	const uint8_t *ip = p->bytes + ETH;
	size_t total = is_ip6(p->bytes) ? 40 + get16(ip + 4) : get16(ip + 2);
	uint8_t *tcp = tcp_of(p), *payload = tcp + (tcp[12] >> 4) * 4;

	*len = total - (size_t)(payload - ip);
	return payload;
}

/* Lengths and checksums of an Ethernet, IP, TCP packet of len bytes. */
static void
seal(struct packet *p, size_t len)
{
	uint8_t *ip = p->bytes + ETH, *tcp = tcp_of(p);
	uint32_t tcp_len = (uint32_t)(len - (size_t)(tcp - p->bytes));

	p->header.len = p->header.caplen = (bpf_u_int32)len;
	put16(tcp + 16, 0);
	if (is_ip6(p->bytes)) {
		put16(ip + 4, tcp_len);
		put16(tcp + 16, ~sum(tcp, tcp_len, sum(ip + 8, 32, 6 + tcp_len)) & 0xffff);
		return;
	}
	put16(ip + 2, (uint32_t)(len - ETH));
	put16(ip + 10, 0);
	put16(ip + 10, ~sum(ip, (size_t)(ip[0] & 15) * 4, 0) & 0xffff);
	put16(tcp + 16, ~sum(tcp, tcp_len, sum(ip + 12, 8, 6 + tcp_len)) & 0xffff);
}

static struct packet
copy_of(const struct packet *p)
{
	struct packet c = *p;

	c.bytes = calloc(1, ROOM);
	if (c.bytes == NULL)
		err(1, "calloc");
	memcpy(c.bytes, p->bytes, p->header.caplen);
	return c;
}

static void
insert(size_t at, struct packet p)
{
	if (count == PACKETS_MAX || at > count)
		errx(1, "no room for a packet");
	memmove(packets + at + 1, packets + at, (count - at) * sizeof *packets);
	packets[at] = p;
	count++;
}

static void
remove_at(size_t at)
{
	memmove(packets + at, packets + at + 1, (count - at - 1) * sizeof *packets);
	count--;
}

/* The first packet whose payload holds the text. */
static size_t
find(const char *text)
{
	uint8_t want[512];
	size_t len = 0;

	for (; *text != '\0' && len < sizeof want; text++) {
		char c = *text;

		if (c == '\\' && text[1] == 'x') {
			char hex[3] = {text[2], text[3], '\0'};

			c = (char)strtoul(hex, NULL, 16);
			text += 3;
		} else if (c == '\\') {
			c = *++text == 'r' ? '\r' : '\n';
		}
		want[len++] = (uint8_t)c;
	}
	for (size_t i = 0; i < count; i++) {
		size_t payload_len;
		uint8_t *payload = payload_of(&packets[i], &payload_len);

		if (memmem(payload, payload_len, want, len) != NULL)
			return i;
	}
	errx(1, "no packet holds that text");
}

/* The bytes [from, from + len) of a segment as a segment of its own. */
static struct packet
piece(const struct packet *p, size_t from, size_t len)
{
	struct packet c = copy_of(p);
	size_t whole;
	uint8_t *payload = payload_of(&c, &whole), *tcp = tcp_of(&c);

	memmove(payload, payload + from, len);
	put32(tcp + 4, get32(tcp + 4) + (uint32_t)from);
	if (from + len < whole)
		tcp[13] &= 0xf6; /* FIN and PSH belong to the end */
	seal(&c, (size_t)(payload - c.bytes) + len);
	return c;
}

static void
chop(size_t n)
{
	for (size_t i = 0; i < count; i++) {
		struct packet whole = packets[i];
		size_t len, at;

		payload_of(&whole, &len);
		if (len <= n)
			continue;
		remove_at(i);
		for (at = 0; at < len; at += n, i++) {
			struct packet c = piece(&whole, at, len - at < n ? len - at : n);

			c.header.ts.tv_usec = whole.header.ts.tv_usec;
			insert(i, c);
		}
		i--;
	}
}

static void
again(char *arg)
{
	char *comma = strrchr(arg, ',');
	size_t at, len, from;
	struct packet c;

	if (comma == NULL)
		errx(2, "again: needs TEXT,N");
	*comma = '\0';
	from = strtoul(comma + 1, NULL, 10);
	at = find(arg);
	payload_of(&packets[at], &len);
	c = piece(&packets[at], from, len - from);
	c.header.ts = packets[at + 1].header.ts;
	insert(at + 2, c);
}

static void
duplicate(unsigned vlan)
{
	for (size_t i = 0; i < count; i += 2) {
		struct packet c = copy_of(&packets[i]);

		c.header.ts.tv_usec += c.header.ts.tv_usec < 999990 ? 3 : 0;
		if (vlan != 0) {
			memmove(c.bytes + 16, c.bytes + 12, c.header.caplen - 12);
			put16(c.bytes + 12, 0x8100);
			put16(c.bytes + 14, vlan);
			c.header.len += 4;
			c.header.caplen += 4;
		}
		insert(i + 1, c);
	}
}

static void
keep_side(bool client)
{
	for (size_t i = 0; i < count;) {
		const uint8_t *tcp = tcp_of(&packets[i]);

		if ((get16(tcp) > get16(tcp + 2)) == client)
			i++;
		else
			remove_at(i);
	}
}

/* Of the same connection, in whichever direction. */
static bool
is_between_same(const struct packet *a, const struct packet *b)
{
	const uint8_t *ta = tcp_of(a), *tb = tcp_of(b);
	size_t at = is_ip6(a->bytes) ? 8 : 12, len = is_ip6(a->bytes) ? 16 : 4;
	const uint8_t *ia = a->bytes + ETH + at, *ib = b->bytes + ETH + at;

	if (is_ip6(a->bytes) != is_ip6(b->bytes))
		return false;
	if (memcmp(ta, tb, 4) == 0 && memcmp(ia, ib, 2 * len) == 0)
		return true;
	return memcmp(ta, tb + 2, 2) == 0 && memcmp(ta + 2, tb, 2) == 0 &&
	       memcmp(ia, ib + len, len) == 0 && memcmp(ia + len, ib, len) == 0;
}

/* Number the connections by their first SYN. */
static size_t
number_connections(void)
{
	size_t connections = 0;

	for (size_t i = 0; i < count; i++) {
		const uint8_t *tcp = tcp_of(&packets[i]);
		size_t j = i;

		while (j > 0 && !is_between_same(&packets[j - 1], &packets[i]))
			j--;
		packets[i].connection = j == 0 ? 0 : packets[j - 1].connection;
		if ((tcp[13] & 0x12) == 0x02 &&
		    (j == 0 || get32(tcp + 4) != get32(tcp_of(&packets[j - 1]) + 4)))
			packets[i].connection = ++connections;
	}
	return connections;
}

static int64_t
microseconds(const struct packet *p)
{
	return (int64_t)p->header.ts.tv_sec * 1000000 + p->header.ts.tv_usec;
}

static int
by_time(const void *a, const void *b)
{
	int64_t ta = microseconds(a), tb = microseconds(b);
	size_t pa = ((const struct packet *)a)->place, pb = ((const struct packet *)b)->place;

	return ta == tb ? (pa > pb) - (pa < pb) : (ta > tb) - (ta < tb);
}

/* Each connection is moved as a whole: its own pace stays. */
static void
plan(const char *path)
{
	size_t connections = number_connections();
	FILE *in = fopen(path, "r");

	if (in == NULL)
		err(1, "%s", path);
	for (size_t n = 1; n <= connections; n++) {
		long long begin;
		int64_t shift = INT64_MIN;

		if (fscanf(in, "%lld", &begin) != 1)
			errx(1, "%s: no time for connection %zu of %zu", path, n, connections);
		for (size_t i = 0; i < count; i++) {
			int64_t t = microseconds(&packets[i]);

			if (packets[i].connection != n)
				continue;
			if (shift == INT64_MIN)
				shift = begin * 1000000 - t;
			packets[i].header.ts.tv_sec = (t + shift) / 1000000;
			packets[i].header.ts.tv_usec = (t + shift) % 1000000;
		}
	}
	fclose(in);
	for (size_t i = 0; i < count; i++)
		packets[i].place = i;
	qsort(packets, count, sizeof *packets, by_time);
}

static void
keep_sessions(const char *arg)
{
	size_t from, to;

	if (sscanf(arg, "%zu,%zu", &from, &to) != 2)
		errx(2, "sessions: needs A,B");
	number_connections();
	for (size_t i = 0; i < count;) {
		if (packets[i].connection >= from && packets[i].connection <= to)
			i++;
		else
			remove_at(i);
	}
}

static void
fragment(size_t n)
{
	for (size_t i = 0; i < count; i++) {
		struct packet whole = packets[i];
		const uint8_t *ip = whole.bytes + ETH;
		size_t header = (size_t)(ip[0] & 15) * 4, len = get16(ip + 2) - header;
		static uint16_t id;

		if (is_ip6(whole.bytes) || len <= n)
			continue;
		remove_at(i);
		id++;
		for (size_t at = 0; at < len; at += n, i++) {
			struct packet c = copy_of(&whole);
			size_t here = len - at < n ? len - at : n;
			uint8_t *o = c.bytes + ETH;

			memcpy(o + header, ip + header + at, here);
			put16(o + 2, (uint32_t)(header + here));
			put16(o + 4, id);
			put16(o + 6, (uint32_t)(at / 8) | (at + here < len ? 0x2000 : 0));
			put16(o + 10, 0);
			put16(o + 10, ~sum(o, header, 0) & 0xffff);
			c.header.len = c.header.caplen = (bpf_u_int32)(ETH + header + here);
			insert(i, c);
		}
		i--;
	}
}

/* Outer Ethernet and IPv4 header for a payload of len bytes; returns its size. */
static size_t
outer_ip(uint8_t *o, size_t len, uint8_t protocol)
{
	memcpy(o, "\x02\0\0\0\0\x01\x02\0\0\0\0\x02\x08\0", ETH);
	memset(o + ETH, 0, 20);
	o[ETH] = 0x45;
	put16(o + ETH + 2, (uint32_t)(20 + len));
	o[ETH + 8] = 64;
	o[ETH + 9] = protocol;
	memcpy(o + ETH + 12, "\xcb\0\x71\x01\xcb\0\x71\x02", 8); /* 203.0.113.1, .2 */
	put16(o + ETH + 10, ~sum(o + ETH, 20, 0) & 0xffff);
	return ETH + 20;
}

static size_t
outer_udp(uint8_t *o, size_t len, uint16_t port)
{
	size_t at = outer_ip(o, len + 8, 17);

	put16(o + at, 49152);
	put16(o + at + 2, port);
	put16(o + at + 4, (uint32_t)(len + 8));
	put16(o + at + 6, 0);
	return at + 8;
}

static size_t
outer_ip6(uint8_t *o, size_t len, uint8_t next)
{
	memcpy(o, "\x02\0\0\0\0\x01\x02\0\0\0\0\x02\x86\xdd", ETH);
	memcpy(o + ETH, "\x60\0\0\0", 4);
	put16(o + ETH + 4, (uint32_t)len);
	o[ETH + 6] = next;
	o[ETH + 7] = 64;
	memset(o + ETH + 8, 0, 32);
	memcpy(o + ETH + 8, "\x20\x01\x0d\xb8\0\x03", 6);
	memcpy(o + ETH + 24, "\x20\x01\x0d\xb8\0\x03", 6);
	o[ETH + 23] = 1;
	o[ETH + 39] = 2;
	return ETH + 40;
}

static size_t
gre(uint8_t *o, size_t len, const char *how, uint32_t v)
{
	bool has_key = strcmp(how, "gre-key") == 0, is_erspan = strcmp(how, "erspan") == 0;
	bool is_tap = strcmp(how, "gretap") == 0;
	size_t extra = 4u + (has_key ? 4u : 0u) + (is_erspan ? 12u : 0u);
	size_t at = outer_ip(o, len + extra, 47);

	put16(o + at, has_key ? 0x2000 : is_erspan ? 0x1000 : 0);
	put16(o + at + 2, is_erspan ? 0x88be : is_tap ? 0x6558 : 0x0800);
	if (has_key)
		put32(o + at + 4, v);
	if (is_erspan) {
		put32(o + at + 4, 1);                   /* sequence number */
		put32(o + at + 8, 0x10000000 | 0x1800); /* version 1 (type II), trunked */
		put32(o + at + 12, v & 0x3ff);
	}
	return at + extra;
}

/* Headers that stand before the packet; tells whether the frame or its IP packet follows. */
static size_t
headers(uint8_t *o, const char *how, uint32_t v, const struct packet *p, bool *frame)
{
	size_t len = p->header.len, ip_len = len - ETH;
	bool six = is_ip6(p->bytes);

	memcpy(o, p->bytes, ETH);
	*frame = strcmp(how, "gretap") == 0 || strcmp(how, "erspan") == 0 ||
		 strcmp(how, "vxlan") == 0 || strcmp(how, "geneve") == 0;
	if (strcmp(how, "vlan") == 0 || strcmp(how, "qinq") == 0) {
		size_t at = 12;

		put16(o + at, how[0] == 'q' ? 0x88a8 : 0x8100);
		put16(o + at + 2, v);
		at += 4;
		if (how[0] == 'q') {
			put16(o + at, 0x8100);
			put16(o + at + 2, v + 1);
			at += 4;
		}
		memcpy(o + at, p->bytes + 12, 2);
		return at + 2;
	}
	if (strcmp(how, "mpls") == 0) {
		put16(o + 12, 0x8847);
		put32(o + 14, v << 12 | 0x140);
		return 18;
	}
	if (strcmp(how, "pppoe") == 0) {
		put16(o + 12, 0x8864);
		put16(o + 14, 0x1100);
		put16(o + 16, v);
		put16(o + 18, (uint32_t)(ip_len + 2));
		put16(o + 20, six ? 0x57 : 0x21);
		return 22;
	}
	if (strcmp(how, "ipip") == 0)
		return outer_ip(o, ip_len, six ? 41 : 4);
	if (strcmp(how, "ip6") == 0)
		return outer_ip6(o, ip_len, six ? 41 : 4);
	if (strcmp(how, "gre") == 0 || strcmp(how, "gre-key") == 0)
		return gre(o, ip_len, how, v);
	if (*frame && (how[0] == 'e' || strcmp(how, "gretap") == 0))
		return gre(o, len, how, v);
	if (strcmp(how, "vxlan") == 0 || strcmp(how, "geneve") == 0) {
		size_t at = outer_udp(o, len + 8, how[0] == 'v' ? 4789 : 6081);

		put32(o + at, how[0] == 'v' ? 0x08000000 : 0x00006558);
		put32(o + at + 4, v << 8);
		return at + 8;
	}
	if (strcmp(how, "gtpu") == 0) {
		size_t at = outer_udp(o, ip_len + 8, 2152);

		put16(o + at, 0x30ff);
		put16(o + at + 2, (uint32_t)ip_len);
		put32(o + at + 4, v);
		return at + 8;
	}
	if (strcmp(how, "sll") == 0) {
		link_type = DLT_LINUX_SLL;
		memcpy(o, "\0\0\0\x01\0\x06\x02\0\0\0\0\x01\0\0", 14);
		memcpy(o + 14, p->bytes + 12, 2);
		return 16;
	}
	if (strcmp(how, "raw") == 0) {
		link_type = DLT_RAW;
		return 0;
	}
	errx(2, "%s: no such edit", how);
}

static void
carry(const char *how, uint32_t v)
{
	for (size_t i = 0; i < count; i++) {
		struct packet *p = &packets[i];
		uint8_t *out = calloc(1, ROOM);
		bool frame;
		size_t at, skip, len;

		if (out == NULL)
			err(1, "calloc");
		at = headers(out, how, v, p, &frame);
		skip = frame ? 0 : ETH;
		len = p->header.caplen - skip;
		memcpy(out + at, p->bytes + skip, len);
		p->header.len = p->header.caplen = (bpf_u_int32)(at + len);
		p->bytes = out;
	}
}

static void
snap(bpf_u_int32 n)
{
	for (size_t i = 0; i < count; i++)
		if (packets[i].header.caplen > n)
			packets[i].header.caplen = n;
}

static void
edit(char *op)
{
	char *arg = strchr(op, '=');

	if (arg != NULL)
		*arg++ = '\0';
	if (strcmp(op, "dup") == 0)
		duplicate(0);
	else if (arg == NULL)
		errx(2, "%s: needs =SOMETHING", op);
	else if (strcmp(op, "dup-vlan") == 0)
		duplicate((unsigned)atoi(arg));
	else if (strcmp(op, "drop") == 0)
		remove_at(find(arg));
	else if (strcmp(op, "swap") == 0) {
		size_t at = find(arg);
		struct packet p = packets[at];

		packets[at] = packets[at + 1];
		packets[at + 1] = p;
	} else if (strcmp(op, "from") == 0) {
		for (size_t n = find(arg); n > 0; n--)
			remove_at(0);
	} else if (strcmp(op, "until") == 0)
		count = find(arg) + 1;
	else if (strcmp(op, "again") == 0)
		again(arg);
	else if (strcmp(op, "chop") == 0)
		chop(strtoul(arg, NULL, 10));
	else if (strcmp(op, "plan") == 0)
		plan(arg);
	else if (strcmp(op, "sessions") == 0)
		keep_sessions(arg);
	else if (strcmp(op, "only") == 0)
		keep_side(strcmp(arg, "client") == 0);
	else if (strcmp(op, "snap") == 0)
		snap((bpf_u_int32)atoi(arg));
	else if (strcmp(op, "fragment") == 0)
		fragment(strtoul(arg, NULL, 10));
	else
		carry(op, (uint32_t)strtoul(arg, NULL, 10));
}

static void
load(const char *path)
{
	char why[PCAP_ERRBUF_SIZE];
	pcap_t *in = pcap_open_offline(path, why);
	struct pcap_pkthdr *header;
	const u_char *bytes;

	if (in == NULL)
		errx(1, "%s", why);
	if (pcap_datalink(in) != DLT_EN10MB)
		errx(1, "%s: not Ethernet", path);
	while (pcap_next_ex(in, &header, &bytes) == 1) {
		struct packet p = {*header, (uint8_t *)(uintptr_t)bytes, 0, 0};

		insert(count, copy_of(&p));
	}
	pcap_close(in);
}

int
main(int argc, char **argv)
{
	pcap_dumper_t *out;
	pcap_t *dead;

	if (argc < 3)
		errx(2, "usage: edit IN OUT OP ...");
	load(argv[1]);
	for (int i = 3; i < argc; i++)
		edit(argv[i]);
	dead = pcap_open_dead(link_type, 262144);
	out = pcap_dump_open(dead, argv[2]);
	if (out == NULL)
		errx(1, "%s", pcap_geterr(dead));
	for (size_t i = 0; i < count; i++)
		pcap_dump((u_char *)out, &packets[i].header, packets[i].bytes);
	pcap_dump_close(out);
	pcap_close(dead);
	return 0;
}
