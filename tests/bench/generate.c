/*
 * Makes large captures for benchmarks: thousands of SMTP sessions interleaved,
 * as a pcap file on standard output.
 *
 *	generate [-n SESSIONS] [-m MEGABYTES] [-e PERCENT] [-b BYTES] [-i OPEN]
 *		 [-l STAGE] [-r SEED] [-t SECONDS] [-c CERTIFICATE] [-k FILE]
 *
 * Ends with the session that reaches -n, or when the file would grow beyond -m,
 * whichever comes first. -e is the share of sessions with TLS, -b the usual size
 * of a message (each is between an eighth and four times that), -i how many
 * sessions are open at once. -l leaves each where it is once it has come to STAGE
 * (clear: behind the EHLO reply; settled: TLS is complete) and goes on with the
 * next, so that in the end all are open; no two have the same client.
 * CERTIFICATE (DER) is what TLS 1.2 servers show; -t is when it all begins, since
 * certificates have their time. FILE becomes a list of the sessions, a line each:
 * client, its port, server, outcome.
 *
 * Dialogues are scripts, a table each. Handshakes are whole as far as they are
 * in clear; what is encrypted is random. The same options always give the same
 * file.
 *
 * Addresses: clients in 10.0.0.0/8 and 2001:db8:c::/48, servers in
 * 198.51.100.0/24 and 2001:db8:5::/48.
 */
#include <arpa/inet.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SEGMENT_MAX     1448       /* bytes of payload: an MTU of 1500, timestamps agreed */
#define BURST           8          /* segments of a message that are sent in a row */
#define BLOCK           (1u << 20) /* bytes of random data, and of text, to draw from */
#define TEXT_LINE       78         /* bytes of a line of a message, CR LF included */
#define RECORD_MAX      16384      /* bytes of a TLS record's fragment */
#define MESSAGE_BUFFER  20000      /* more than any step but a body has */
#define NETWORKS        1024       /* of clients, /24 and /64 */
#define SERVERS         64
#define TWICE_IN        500  /* one segment of so many is sent twice, and one comes late */
#define SESSION_BYTES   5500 /* of the file, of a session beside its message */
#define STEP_US         20   /* usual time between two packets */
#define START_US        INT64_C(1767225600000000)
#define CERTIFICATE_MAX 8192

enum { CLIENT, SERVER };

/* What a step of a dialogue sends. */
enum what {
	TEXT,         /* the step's text: $C and $S are the names of the ends, $F and $R domains */
	BODY,         /* a message behind DATA */
	CHUNK,        /* one behind BDAT, the command included */
	CLIENT_HELLO, /* TLS 1.3 and 1.2 are offered */
	SERVER_13,    /* the server's flight in TLS 1.3 */
	FINISHED_13,  /* the client's */
	SERVER_12,    /* from ServerHello to ServerHelloDone */
	FINISHED_12,  /* ClientKeyExchange and on */
	TICKET_12,    /* the server's end of the handshake */
	RECORD,       /* a record of application data, of a command's size */
	CIPHERTEXT,   /* a message in such records */
	END           /* both ends close */
};

struct step {
	uint8_t from, what;
	const char *text;
};

/* clang-format off */

#define BEGIN {SERVER, TEXT, "220 $S ESMTP ready\r\n"}, {CLIENT, TEXT, "EHLO $C\r\n"}
#define OFFER \
	{SERVER, TEXT, \
	 "250-$S\r\n250-PIPELINING\r\n250-SIZE 52428800\r\n250-STARTTLS\r\n" \
	 "250-ENHANCEDSTATUSCODES\r\n250-8BITMIME\r\n250-CHUNKING\r\n250 SMTPUTF8\r\n"}
#define NO_OFFER \
	{SERVER, TEXT, \
	 "250-$S\r\n250-PIPELINING\r\n250-SIZE 52428800\r\n250-AUTH PLAIN LOGIN\r\n" \
	 "250-8BITMIME\r\n250 CHUNKING\r\n"}
#define ENVELOPE \
	{CLIENT, TEXT, "MAIL FROM:<someone@$F> SIZE=4096\r\nRCPT TO:<other@$R>\r\n"}, \
	{SERVER, TEXT, "250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n"}
#define DATA \
	{CLIENT, TEXT, "DATA\r\n"}, {SERVER, TEXT, "354 End with <CR><LF>.<CR><LF>\r\n"}, \
	{CLIENT, BODY, NULL}, {SERVER, TEXT, "250 2.0.0 Ok: queued\r\n"}
#define QUIT {CLIENT, TEXT, "QUIT\r\n"}, {SERVER, TEXT, "221 2.0.0 Bye\r\n"}, {CLIENT, END, NULL}
#define UPGRADE \
	{CLIENT, TEXT, "STARTTLS\r\n"}, {SERVER, TEXT, "220 2.0.0 Ready to start TLS\r\n"}, \
	{CLIENT, CLIENT_HELLO, NULL}
#define ENCRYPTED \
	{CLIENT, RECORD, NULL}, {SERVER, RECORD, NULL}, {CLIENT, RECORD, NULL}, \
	{SERVER, RECORD, NULL}, {CLIENT, CIPHERTEXT, NULL}, {SERVER, RECORD, NULL}, \
	{CLIENT, RECORD, NULL}, {SERVER, RECORD, NULL}, {CLIENT, END, NULL}

static const struct step tls_13[] = {
	BEGIN, OFFER, UPGRADE,
	{SERVER, SERVER_13, NULL}, {CLIENT, FINISHED_13, NULL},
	ENCRYPTED
};
static const struct step tls_12[] = {
	BEGIN, OFFER, UPGRADE,
	{SERVER, SERVER_12, NULL}, {CLIENT, FINISHED_12, NULL}, {SERVER, TICKET_12, NULL},
	ENCRYPTED
};
static const struct step missing[] = {BEGIN, NO_OFFER, ENVELOPE, DATA, QUIT};
static const struct step unused[] = {BEGIN, OFFER, ENVELOPE, DATA, QUIT};
static const struct step chunks[] = {
	BEGIN, NO_OFFER, ENVELOPE,
	{CLIENT, CHUNK, NULL}, {SERVER, TEXT, "250 2.0.0 Ok: queued\r\n"},
	QUIT
};
static const struct step bot[] = {BEGIN, OFFER, QUIT};
static const struct step refused[] = {
	BEGIN, OFFER,
	{CLIENT, TEXT, "STARTTLS\r\n"},
	{SERVER, TEXT, "454 4.7.0 TLS not available due to local problem\r\n"},
	ENVELOPE, DATA, QUIT
};
static const struct step masked[] = {
	BEGIN,
	{SERVER, TEXT,
	 "250-$S\r\n250-PIPELINING\r\n250-SIZE 52428800\r\n250-XXXXXXXA\r\n250 8BITMIME\r\n"},
	ENVELOPE, DATA, QUIT
};
static const struct step login[] = {
	BEGIN, NO_OFFER,
	{CLIENT, TEXT, "AUTH PLAIN AHNvbWVvbmUAc2VjcmV0\r\n"},
	{SERVER, TEXT, "235 2.7.0 Authentication successful\r\n"},
	ENVELOPE, DATA, QUIT
};
/* clang-format on */

/* How often each is met with, among those with and without TLS, and what it comes to. */
static const struct dialogue {
	const struct step *steps;
	bool is_encrypted;
	unsigned weight;
	const char *outcome;
} dialogues[] = {
    {tls_13, true, 65, "encrypted"},   {tls_12, true, 35, "encrypted"},
    {missing, false, 25, "plaintext"}, {unused, false, 25, "plaintext"},
    {chunks, false, 10, "plaintext"},  {bot, false, 25, "no-mail"},
    {refused, false, 5, "plaintext"},  {masked, false, 5, "plaintext"},
    {login, false, 5, "plaintext"},
};
#define DIALOGUES (sizeof(dialogues) / sizeof(dialogues[0]))

/* One end's part of a packet. */
struct end {
	uint8_t address[16];
	uint8_t mac[6];
	uint16_t port, ip_id;
	uint32_t seq;
};

struct session {
	const struct step *first, *step;
	struct end ends[2];
	unsigned client, server; /* numbers, for their names */
	bool is_ipv6, has_vlan;
	uint32_t size;        /* of its message, bytes */
	uint32_t left;        /* of the message under way */
	uint32_t at;          /* of it, in the block that it is drawn from */
	uint32_t record_left; /* of the TLS record under way */
	bool is_in_body;
};

/* Where sessions are left. */
enum stage { STAGE_END, STAGE_CLEAR, STAGE_SETTLED };

struct options {
	uint64_t sessions, bytes;
	enum stage leave;
	unsigned encrypted, open;
	uint32_t body;
};

struct generator {
	struct options options;
	uint64_t random;
	int64_t now;
	uint64_t begun, planned; /* sessions, and bytes of the file that they will come to */
	struct session *open;
	uint8_t *noise, *text; /* BLOCK bytes each, and as many again */
	uint8_t message[MESSAGE_BUFFER];
	size_t message_len;
	uint8_t certificate[CERTIFICATE_MAX];
	size_t certificate_len;
	FILE *list; /* of the sessions; NULL: none is wanted */
};

static uint32_t
random_below(struct generator *g, uint32_t limit)
{
	g->random ^= g->random << 13;
	g->random ^= g->random >> 7;
	g->random ^= g->random << 17;
	return (uint32_t)((g->random >> 32) * limit >> 32);
}

/* ---- Packets ---- */

static void
put16(uint8_t *at, unsigned v)
{
	at[0] = (uint8_t)(v >> 8);
	at[1] = (uint8_t)v;
}

static void
put32(uint8_t *at, uint32_t v)
{
	put16(at, v >> 16);
	put16(at + 2, v & 0xffff);
}

/* Sum of 16-bit words, RFC 1071. */
static uint64_t
sum_words(uint64_t sum, const uint8_t *at, size_t len)
{
	size_t i;

	for (i = 0; i + 1 < len; i += 2)
		sum += (unsigned)at[i] << 8 | at[i + 1];
	if (i < len)
		sum += (unsigned)at[i] << 8;
	return sum;
}

static uint16_t
fold(uint64_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static size_t
put_ethernet(uint8_t *at, const struct session *s, const struct end *from, const struct end *to)
{
	unsigned type = s->is_ipv6 ? 0x86dd : 0x0800;

	memcpy(at, to->mac, 6);
	memcpy(at + 6, from->mac, 6);
	if (!s->has_vlan) {
		put16(at + 12, type);
		return 14;
	}
	put16(at + 12, 0x8100);
	put16(at + 14, 12);
	put16(at + 16, type);
	return 18;
}

/* The IP header; *sum becomes that of the pseudo header, RFC 9293 section 3.1. */
static size_t
put_ip(uint8_t *at, const struct session *s, struct end *from, const struct end *to, size_t len,
       uint64_t *sum)
{
	size_t width = s->is_ipv6 ? 16 : 4, head = s->is_ipv6 ? 40 : 20;
	uint8_t *addresses = at + (s->is_ipv6 ? 8 : 12);

	memset(at, 0, head);
	memcpy(addresses, from->address, width);
	memcpy(addresses + width, to->address, width);
	*sum = sum_words(6 + len, addresses, 2 * width);
	if (s->is_ipv6) {
		at[0] = 0x60;
		put16(at + 4, (unsigned)len);
		at[6] = 6;
		at[7] = 60;
		return head;
	}
	at[0] = 0x45;
	put16(at + 2, (unsigned)(head + len));
	put16(at + 4, from->ip_id++);
	at[6] = 0x40;
	at[8] = 60;
	at[9] = 6;
	put16(at + 10, fold(sum_words(0, at, head)));
	return head;
}

enum { FIN = 1, SYN = 2, PSH = 8, ACK = 16 };

/* Sequence number, flags, payload: the TCP part of a packet. */
struct segment {
	unsigned from, flags;
	uint32_t seq;
	const uint8_t *payload;
	size_t len;
};

static size_t
put_tcp(uint8_t *at, const struct segment *seg, const struct end *from, const struct end *to,
	uint64_t sum)
{
	memset(at, 0, 32);
	put16(at, from->port);
	put16(at + 2, to->port);
	put32(at + 4, seg->seq);
	put32(at + 8, seg->flags & ACK ? to->seq : 0);
	at[12] = 8 << 4;
	at[13] = (uint8_t)seg->flags;
	put16(at + 14, 0xfaf0);
	/* Timestamps, RFC 7323 section 3.2, as nearly every segment has them. */
	put32(at + 20, 0x0101080a);
	put32(at + 24, seg->seq);
	put32(at + 28, to->seq);
	if (seg->len > 0)
		memcpy(at + 32, seg->payload, seg->len);
	put16(at + 16, fold(sum_words(sum, at, 32 + seg->len)));
	return 32 + seg->len;
}

static void
write_all(const void *at, size_t len)
{
	if (fwrite(at, 1, len, stdout) != len) {
		perror("generate: cannot write");
		exit(1);
	}
}

static void
write_segment(struct generator *g, struct session *s, const struct segment *seg)
{
	struct end *from = &s->ends[seg->from];
	const struct end *to = &s->ends[!seg->from];
	uint8_t packet[16 + 18 + 40 + 32 + SEGMENT_MAX];
	uint8_t *at = packet + 16;
	uint32_t head[4];
	uint64_t sum;

	at += put_ethernet(at, s, from, to);
	at += put_ip(at, s, from, to, 32 + seg->len, &sum);
	at += put_tcp(at, seg, from, to, sum);
	g->now += 1 + random_below(g, 2 * STEP_US);
	head[0] = (uint32_t)(g->now / 1000000);
	head[1] = (uint32_t)(g->now % 1000000);
	head[2] = head[3] = (uint32_t)(at - packet - 16);
	memcpy(packet, head, sizeof(head));
	write_all(packet, (size_t)(at - packet));
}

static void
send_flags(struct generator *g, struct session *s, unsigned from, unsigned flags)
{
	const struct segment seg = {.from = from, .flags = flags, .seq = s->ends[from].seq};

	write_segment(g, s, &seg);
	if (flags & (SYN | FIN))
		s->ends[from].seq++;
}

/* Send bytes in segments; now and then one comes twice, or behind the one that follows it. */
static void
send_bytes(struct generator *g, struct session *s, unsigned from, const uint8_t *at, size_t len)
{
	struct segment late = {.len = 0};

	while (len > 0) {
		struct segment seg = {.from = from,
				      .flags = ACK | PSH,
				      .seq = s->ends[from].seq,
				      .payload = at,
				      .len = len < SEGMENT_MAX ? len : SEGMENT_MAX};
		unsigned chance = random_below(g, TWICE_IN);

		at += seg.len;
		len -= seg.len;
		s->ends[from].seq += (uint32_t)seg.len;
		if (chance == 0 && late.len == 0 && len > 0) {
			late = seg;
			continue;
		}
		write_segment(g, s, &seg);
		if (chance == 1)
			write_segment(g, s, &seg);
		if (late.len > 0)
			write_segment(g, s, &late);
		late.len = 0;
	}
}

/* ---- What is sent ---- */

static void
add(struct generator *g, const void *at, size_t len)
{
	memcpy(g->message + g->message_len, at, len);
	g->message_len += len;
}

static void
add_number(struct generator *g, size_t width, uint32_t v)
{
	while (width-- > 0)
		g->message[g->message_len++] = (uint8_t)(v >> 8 * width);
}

static void
add_noise(struct generator *g, size_t len)
{
	add(g, g->noise + random_below(g, BLOCK), len);
}

/* A vector's length, of that width, is filled in when the vector ends. */
static size_t
open_vector(struct generator *g, size_t width)
{
	add_number(g, width, 0);
	return g->message_len;
}

static void
close_vector(struct generator *g, size_t begun, size_t width)
{
	size_t len = g->message_len - begun;

	for (size_t i = 1; i <= width; i++, len >>= 8)
		g->message[begun - i] = (uint8_t)len;
}

static void
add_name(struct generator *g, const struct session *s, char which)
{
	char name[64];
	int len = 0;

	switch (which) {
	case 'C':
		len = snprintf(name, sizeof(name), "out%u.example.org", s->client);
		break;
	case 'S':
		len = snprintf(name, sizeof(name), "mx%u.example.net", s->server);
		break;
	case 'F':
		len = snprintf(name, sizeof(name), "from%u.example.org", s->client);
		break;
	case 'R':
		len = snprintf(name, sizeof(name), "to%u.example.net", s->server);
		break;
	}
	add(g, name, (size_t)len);
}

static void
add_text(struct generator *g, const struct session *s, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '$')
			add_name(g, s, *++text);
		else
			add(g, text, 1);
	}
}

static size_t
open_record(struct generator *g, unsigned type)
{
	add_number(g, 1, type);
	add_number(g, 2, 0x0303);
	return open_vector(g, 2);
}

static void
add_record(struct generator *g, unsigned type, size_t len)
{
	size_t record = open_record(g, type);

	add_noise(g, len);
	close_vector(g, record, 2);
}

/* ChangeCipherSpec, RFC 5246 section 7.1. */
static void
add_change(struct generator *g)
{
	size_t record = open_record(g, 20);

	add_number(g, 1, 1);
	close_vector(g, record, 2);
}

static size_t
open_message(struct generator *g, unsigned type)
{
	add_number(g, 1, type);
	return open_vector(g, 3);
}

static void
add_server_name(struct generator *g, const struct session *s)
{
	size_t extension, list, name;

	add_number(g, 2, 0); /* RFC 6066 section 3 */
	extension = open_vector(g, 2);
	list = open_vector(g, 2);
	add_number(g, 1, 0);
	name = open_vector(g, 2);
	add_name(g, s, 'S');
	close_vector(g, name, 2);
	close_vector(g, list, 2);
	close_vector(g, extension, 2);
}

static void
add_key_share(struct generator *g, bool is_list)
{
	size_t extension, list = 0;

	add_number(g, 2, 51); /* RFC 8446 section 4.2.8, x25519 */
	extension = open_vector(g, 2);
	if (is_list)
		list = open_vector(g, 2);
	add_number(g, 4, 0x001d0020);
	add_noise(g, 32);
	if (is_list)
		close_vector(g, list, 2);
	close_vector(g, extension, 2);
}

static void
add_client_hello(struct generator *g, const struct session *s)
{
	static const uint8_t suites[] = {0x13, 0x02, 0x13, 0x03, 0x13, 0x01, 0xc0, 0x2c,
					 0xc0, 0x30, 0xc0, 0x2b, 0xc0, 0x2f, 0x00, 0xff};
	static const uint8_t extensions[] = {0, 11, 0, 4,  3, 0, 1, 2, /* point formats */
					     0, 10, 0, 8,  0, 6, 0, 29, 0, 23, 0, 24, /* groups */
					     0, 23, 0, 0, /* extended master secret */
					     0, 13, 0, 10, 0, 8, 4, 3,  5, 3,  8, 4,
					     4, 1, /* signature algorithms */
					     0, 43, 0, 5,  4, 3, 4, 3,  3, /* versions: 1.3, 1.2 */
					     0, 45, 0, 2,  1, 1};          /* key exchange modes */
	size_t record = open_record(g, 22), message = open_message(g, 1), list;

	add_number(g, 2, 0x0303);
	add_noise(g, 32);
	add_number(g, 1, 32);
	add_noise(g, 32);
	add_number(g, 2, sizeof(suites));
	add(g, suites, sizeof(suites));
	add_number(g, 2, 0x0100);
	list = open_vector(g, 2);
	add_server_name(g, s);
	add(g, extensions, sizeof(extensions));
	add_key_share(g, true);
	close_vector(g, list, 2);
	close_vector(g, message, 3);
	close_vector(g, record, 2);
}

static void
add_server_hello(struct generator *g, unsigned suite, bool is_13)
{
	static const uint8_t version[] = {0, 43, 0, 2, 3, 4};
	static const uint8_t renegotiation[] = {0xff, 1, 0, 1, 0};
	size_t message = open_message(g, 2), list;

	add_number(g, 2, 0x0303);
	add_noise(g, 31);
	add_number(g, 1, 2); /* no random number's end that means anything */
	add_number(g, 1, 32);
	add_noise(g, 32);
	add_number(g, 2, suite);
	add_number(g, 1, 0);
	list = open_vector(g, 2);
	if (is_13) {
		add(g, version, sizeof(version));
		add_key_share(g, false);
	} else {
		add(g, renegotiation, sizeof(renegotiation));
	}
	close_vector(g, list, 2);
	close_vector(g, message, 3);
}

static void
add_server_13(struct generator *g)
{
	size_t record = open_record(g, 22);

	add_server_hello(g, 0x1302, true);
	close_vector(g, record, 2);
	add_change(g);
	add_record(g, 23, 40);   /* EncryptedExtensions */
	add_record(g, 23, 2300); /* Certificate */
	add_record(g, 23, 281);  /* CertificateVerify */
	add_record(g, 23, 69);   /* Finished */
}

static void
add_certificate(struct generator *g)
{
	size_t message = open_message(g, 11), list = open_vector(g, 3), one = open_vector(g, 3);

	add(g, g->certificate, g->certificate_len);
	close_vector(g, one, 3);
	close_vector(g, list, 3);
	close_vector(g, message, 3);
}

static void
add_server_12(struct generator *g)
{
	size_t record = open_record(g, 22), message;

	add_server_hello(g, 0xc030, false);
	if (g->certificate_len > 0)
		add_certificate(g);
	message = open_message(g, 12); /* ServerKeyExchange */
	add_number(g, 4, 0x03001d20);
	add_noise(g, 32);
	add_number(g, 2, 0x0804);
	add_number(g, 2, 256);
	add_noise(g, 256);
	close_vector(g, message, 3);
	close_vector(g, open_message(g, 14), 3); /* ServerHelloDone */
	close_vector(g, record, 2);
}

static void
add_finished_12(struct generator *g)
{
	size_t record = open_record(g, 22), message = open_message(g, 16);

	add_number(g, 1, 32);
	add_noise(g, 32);
	close_vector(g, message, 3);
	close_vector(g, record, 2);
	add_change(g);
	add_record(g, 22, 40);
}

static void
add_ticket_12(struct generator *g)
{
	size_t record = open_record(g, 22), message = open_message(g, 4);

	add_number(g, 4, 7200);
	add_number(g, 2, 160);
	add_noise(g, 160);
	close_vector(g, message, 3);
	close_vector(g, record, 2);
	add_change(g);
	add_record(g, 22, 40);
}

/* All of a step that is no body. */
static void
add_step(struct generator *g, const struct session *s)
{
	switch ((enum what)s->step->what) {
	case TEXT:
		add_text(g, s, s->step->text);
		break;
	case CLIENT_HELLO:
		add_client_hello(g, s);
		break;
	case SERVER_13:
		add_server_13(g);
		break;
	case FINISHED_13:
		add_change(g);
		add_record(g, 23, 69);
		break;
	case SERVER_12:
		add_server_12(g);
		break;
	case FINISHED_12:
		add_finished_12(g);
		break;
	case TICKET_12:
		add_ticket_12(g);
		break;
	case RECORD:
		add_record(g, 23, 60 + random_below(g, 200));
		break;
	case BODY:
	case CHUNK:
	case CIPHERTEXT:
	case END:
		break;
	}
}

/* ---- Messages ---- */

static void
begin_body(struct generator *g, struct session *s)
{
	char line[32];

	s->is_in_body = true;
	s->record_left = 0;
	s->left = s->size;
	s->at = random_below(g, BLOCK / TEXT_LINE / 2) * TEXT_LINE;
	if (s->step->what == BODY)
		s->left = (s->size / TEXT_LINE + 1) * TEXT_LINE; /* whole lines */
	if (s->step->what == CHUNK)
		add(g, line,
		    (size_t)snprintf(line, sizeof(line), "BDAT %u LAST\r\n", (unsigned)s->left));
}

static void
add_ciphertext(struct generator *g, struct session *s, size_t len)
{
	while (len > 0) {
		size_t part;

		if (s->record_left == 0) {
			s->record_left = s->left < RECORD_MAX ? s->left : RECORD_MAX;
			add_number(g, 1, 23);
			add_number(g, 2, 0x0303);
			add_number(g, 2, s->record_left);
		}
		part = len < s->record_left ? len : s->record_left;
		add_noise(g, part);
		s->record_left -= (uint32_t)part;
		s->left -= (uint32_t)part;
		len -= part;
	}
}

/* The next burst of a message; true where it is the last. */
static bool
add_body(struct generator *g, struct session *s)
{
	uint32_t len = BURST * SEGMENT_MAX;

	len = len < s->left ? len : s->left;
	if (s->step->what == CIPHERTEXT) {
		add_ciphertext(g, s, len);
	} else {
		add(g, g->text + s->at, len);
		s->at = (s->at + len) % (BLOCK / TEXT_LINE * TEXT_LINE);
		s->left -= len;
	}
	if (s->left > 0)
		return false;
	if (s->step->what == BODY)
		add(g, ".\r\n", 3);
	s->is_in_body = false;
	return true;
}

/* ---- Sessions ---- */

static const struct dialogue *
choose_dialogue(struct generator *g)
{
	bool is_encrypted = random_below(g, 100) < g->options.encrypted;
	unsigned chance = random_below(g, 100);
	size_t i;

	for (i = 0; i < DIALOGUES; i++) {
		if (dialogues[i].is_encrypted != is_encrypted)
			continue;
		if (chance < dialogues[i].weight)
			break;
		chance -= dialogues[i].weight;
	}
	return &dialogues[i];
}

/* Few clients and servers have most of the sessions. */
static unsigned
choose_skewed(struct generator *g, unsigned limit)
{
	return random_below(g, 1 + random_below(g, 1 + random_below(g, limit)));
}

static void
choose_ends(struct generator *g, struct session *s)
{
	static const uint8_t prefix[2][6] = {{0x20, 1, 0x0d, 0xb8, 0, 0x0c},
					     {0x20, 1, 0x0d, 0xb8, 0, 0x05}};
	struct end *client = &s->ends[CLIENT], *server = &s->ends[SERVER];
	unsigned network = choose_skewed(g, NETWORKS), host = random_below(g, 250) + 1;

	s->server = choose_skewed(g, SERVERS);
	s->client = network;
	s->is_ipv6 = network % 4 == 3;
	s->has_vlan = s->server % 8 == 5;
	if (s->is_ipv6) {
		memcpy(client->address, prefix[CLIENT], 6);
		put16(client->address + 6, network);
		put16(client->address + 14, host);
		memcpy(server->address, prefix[SERVER], 6);
		put16(server->address + 14, s->server + 1);
	} else {
		put32(client->address, 10u << 24 | network << 8 | host);
		put32(server->address, 198u << 24 | 51u << 16 | 100u << 8 | (s->server + 1));
	}
	if (g->options.leave != STAGE_END)
		put32(client->address + (s->is_ipv6 ? 12 : 0),
		      (s->is_ipv6 ? 0 : 10u << 24) + (uint32_t)g->begun + 1);
	client->port = (uint16_t)(32768 + random_below(g, 28000));
	server->port = 25;
	memcpy(client->mac, "\x02\0\0\0\0\x01", 6);
	memcpy(server->mac, "\x02\0\0\0\0\x02", 6);
	client->ip_id = (uint16_t)random_below(g, 65536);
	server->ip_id = (uint16_t)random_below(g, 65536);
	client->seq = random_below(g, UINT32_MAX);
	server->seq = random_below(g, UINT32_MAX);
}

static void
list_session(const struct generator *g, const struct session *s, const char *outcome)
{
	int family = s->is_ipv6 ? AF_INET6 : AF_INET;
	char text[2][INET6_ADDRSTRLEN];

	for (int i = 0; i < 2; i++)
		inet_ntop(family, s->ends[i].address, text[i], sizeof(text[i]));
	fprintf(g->list, "%s %u %s %s\n", text[CLIENT], (unsigned)s->ends[CLIENT].port,
		text[SERVER], outcome);
}

static bool
may_begin(const struct generator *g)
{
	return g->begun < g->options.sessions && g->planned < g->options.bytes;
}

static void
begin_session(struct generator *g, struct session *s)
{
	const struct dialogue *dialogue = choose_dialogue(g);

	*s = (struct session){.first = dialogue->steps, .step = dialogue->steps};
	choose_ends(g, s);
	if (g->list != NULL)
		list_session(g, s, dialogue->outcome);
	s->size = g->options.body / 8 + 1;
	s->size += random_below(g, s->size);
	s->size <<= random_below(g, 5);
	g->begun++;
	g->planned += SESSION_BYTES + s->size + s->size / 10;
	send_flags(g, s, CLIENT, SYN);
	send_flags(g, s, SERVER, SYN | ACK);
	send_flags(g, s, CLIENT, ACK);
}

static bool
is_body(const struct step *step)
{
	return step->what == BODY || step->what == CHUNK || step->what == CIPHERTEXT;
}

/* Send what comes next; false where the session is over. */
static bool
take_turn(struct generator *g, struct session *s)
{
	unsigned from = s->step->from;
	bool is_whole = true;

	if (s->step->what == END) {
		send_flags(g, s, CLIENT, FIN | ACK);
		send_flags(g, s, SERVER, FIN | ACK);
		send_flags(g, s, CLIENT, ACK);
		return false;
	}
	g->message_len = 0;
	if (is_body(s->step)) {
		if (!s->is_in_body)
			begin_body(g, s);
		is_whole = add_body(g, s);
	} else {
		add_step(g, s);
	}
	send_bytes(g, s, from, g->message, g->message_len);
	for (size_t sent = 0; sent < g->message_len; sent += 2 * (size_t)SEGMENT_MAX)
		send_flags(g, s, !from, ACK);
	if (is_whole)
		s->step++;
	return true;
}

/* Whether it is left as it stands. */
static bool
is_left(const struct generator *g, const struct session *s)
{
	static const struct step greeted[] = {BEGIN, OFFER};

	switch (g->options.leave) {
	case STAGE_END:
		return false;
	case STAGE_CLEAR:
		return (size_t)(s->step - s->first) == sizeof(greeted) / sizeof(greeted[0]);
	case STAGE_SETTLED:
		return s->step->what == RECORD;
	}
	return false;
}

static void
generate(struct generator *g)
{
	unsigned count = 0;

	while (count < g->options.open && may_begin(g))
		begin_session(g, &g->open[count++]);
	while (count > 0) {
		struct session *s = &g->open[random_below(g, count)];

		if (take_turn(g, s) && !is_left(g, s))
			continue;
		if (may_begin(g))
			begin_session(g, s);
		else
			*s = g->open[--count];
	}
}

/* ---- Beginning ---- */

static void
fill_blocks(struct generator *g)
{
	static const char letters[] = "etaoinshrdlucmfwypvbgkjqxz    ,.";
	size_t i;

	for (i = 0; i < 2 * (size_t)BLOCK; i++) {
		size_t column = i % TEXT_LINE;

		g->noise[i] = (uint8_t)random_below(g, 256);
		g->text[i] = (uint8_t)letters[g->noise[i] % (column == 0 ? 26 : 32)];
		if (column >= TEXT_LINE - 2)
			g->text[i] = column == TEXT_LINE - 1 ? '\n' : '\r';
	}
}

static bool
read_certificate(struct generator *g, const char *path)
{
	FILE *in = fopen(path, "rb");

	if (in == NULL) {
		perror(path);
		return false;
	}
	g->certificate_len = fread(g->certificate, 1, sizeof(g->certificate), in);
	fclose(in);
	return true;
}

static bool
take_stage(struct generator *g, const char *name)
{
	g->options.leave = strcmp(name, "clear") == 0     ? STAGE_CLEAR
			   : strcmp(name, "settled") == 0 ? STAGE_SETTLED
							  : STAGE_END;
	return g->options.leave != STAGE_END;
}

static bool
open_list(struct generator *g, const char *path)
{
	g->list = fopen(path, "w");
	if (g->list == NULL)
		perror(path);
	return g->list != NULL;
}

static bool
take_option(struct generator *g, int option)
{
	uint64_t number = strchr("ckl?", option) != NULL ? 0 : strtoull(optarg, NULL, 10);

	switch (option) {
	case 'n':
		g->options.sessions = number;
		return true;
	case 'm':
		g->options.bytes = number * 1000000;
		return true;
	case 'e':
		g->options.encrypted = (unsigned)number;
		return true;
	case 'b':
		g->options.body = (uint32_t)number;
		return true;
	case 'i':
		g->options.open = (unsigned)number;
		return true;
	case 't':
		g->now = (int64_t)number * 1000000;
		return true;
	case 'r':
		g->random = number * UINT64_C(0x9e3779b97f4a7c15) | 1;
		return true;
	case 'l':
		return take_stage(g, optarg);
	case 'c':
		return read_certificate(g, optarg);
	case 'k':
		return open_list(g, optarg);
	}
	return false;
}

static bool
is_sound(const struct options *o)
{
	/* Addresses are theirs alone up to that, and who sends no TLS never settles. */
	if (o->leave != STAGE_END && o->sessions >= 1u << 24)
		return false;
	if (o->leave == STAGE_SETTLED && o->encrypted != 100)
		return false;
	return o->encrypted <= 100 && o->open > 0 && o->open <= 1000000 && o->body < 100000000;
}

int
main(int argc, char **argv)
{
	static const uint32_t header[6] = {0xa1b2c3d4, 2 | 4 << 16, 0, 0, 262144, 1};
	static struct generator g = {
	    .options = {.sessions = UINT64_MAX,
			.bytes = 1000000000,
			.encrypted = 80,
			.open = 4000,
			.body = 75000},
	    .random = 0x9e3779b97f4a7c15,
	    .now = START_US,
	};
	int option;

	while ((option = getopt(argc, argv, "n:m:e:b:i:l:r:t:c:k:")) != -1)
		if (!take_option(&g, option))
			return 2;
	if (!is_sound(&g.options))
		return 2;
	g.noise = malloc(2 * (size_t)BLOCK);
	g.text = malloc(2 * (size_t)BLOCK);
	g.open = calloc(g.options.open, sizeof(*g.open));
	if (g.noise == NULL || g.text == NULL || g.open == NULL)
		return 1;
	fill_blocks(&g);
	write_all(header, sizeof(header));
	generate(&g);
	if (g.list != NULL && fclose(g.list) != 0)
		return 1;
	return fflush(stdout) == 0 ? 0 : 1;
}
