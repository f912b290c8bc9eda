/*
 * Dialogues made up at random: a client that asks for STARTTLS, sends mail and
 * secrets in any order, pipelined as it likes, and a server that is of one mind
 * about its offer once anything hangs on it. Packets of one connection.
 */
#ifndef TESTS_MADE_UP_H
#define TESTS_MADE_UP_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dissector/packet.h"
#include "dissector/session.h"

#define MADE_UP_MAX     2048 /* bytes pipelined at most */
#define MADE_UP_ACTIONS 12
#define EHLO_WITH       "250-mx.example.net\r\n250-STARTTLS\r\n250 HELP\r\n"
#define EHLO_WITHOUT    "250-mx.example.net\r\n250 HELP\r\n"

/* Takes a packet, whose payload is borrowed. */
typedef void made_up_fn(const struct packet *);

struct made_up {
	made_up_fn *keep;
	struct packet packet;
	uint32_t seq[SIDES];
	char text[SIDES][MADE_UP_MAX]; /* pipelined, and not sent yet */
	const char *ehlo;              /* the server's reply to it */
	bool is_mail;                  /* a MAIL was accepted */
	bool is_fixed;                 /* the reply to EHLO does not change any more */
	bool is_tls;
};

static inline void
made_up_send(struct made_up *m, enum side from, uint8_t flags, struct bytes text)
{
	bool is_client = from == SIDE_CLIENT;
	struct packet *p = &m->packet;

	p->time += 1000 + rand() % 20000;
	p->source = (struct address){.family = 4, .b = {192, 0, 2, is_client ? 1 : 2}};
	p->destination = (struct address){.family = 4, .b = {192, 0, 2, is_client ? 2 : 1}};
	p->source_port = is_client ? 40000 : 25;
	p->destination_port = is_client ? 25 : 40000;
	p->ttl = 64;
	p->window = 1000;
	p->flags = flags;
	p->seq = m->seq[from];
	p->ack = flags & TCP_ACK ? m->seq[side_other(from)] : 0;
	p->payload = text;
	m->keep(p);
	m->seq[from] += (uint32_t)text.len + (flags & (TCP_SYN | TCP_FIN) ? 1 : 0);
}

static inline void
made_up_say(struct made_up *m, enum side from, const char *text)
{
	size_t used = strlen(m->text[from]);

	snprintf(m->text[from] + used, sizeof(m->text[from]) - used, "%s", text);
}

/* What was pipelined so far, and its replies, in segments of any length. */
static inline void
made_up_flush(struct made_up *m)
{
	for (int from = 0; from < SIDES; from++) {
		struct bytes left = {(const uint8_t *)m->text[from], strlen(m->text[from])};

		while (left.len > 0) {
			size_t n = rand() % 3 ? left.len : 1 + (size_t)rand() % left.len;

			made_up_send(m, (enum side)from, TCP_ACK | TCP_PSH, bytes_first(left, n));
			left = bytes_after(left, n);
		}
		m->text[from][0] = '\0';
	}
}

/* The client's line, and the one or the other answer. */
static inline void
made_up_ask(struct made_up *m, const char *line, const char *answer, const char *other)
{
	made_up_say(m, SIDE_CLIENT, line);
	made_up_say(m, SIDE_SERVER, rand() % 2 ? answer : other);
}

static inline void
made_up_tls(struct made_up *m)
{
	static const uint8_t hello[] = {22, 3, 1, 0, 6, 1, 0, 0, 2, 3, 3};
	static const uint8_t data[] = {23, 3, 3, 0, 4, 1, 2, 3, 4};

	made_up_flush(m);
	m->is_tls = true;
	for (int i = 0; i < 6; i++)
		made_up_send(m, (enum side)(i % 2), TCP_ACK,
			     i < 2 ? (struct bytes){hello, sizeof(hello)}
				   : (struct bytes){data, sizeof(data)});
}

static inline void
made_up_ehlo(struct made_up *m)
{
	if (!m->is_fixed && rand() % 4 == 0)
		m->ehlo = rand() % 2 ? EHLO_WITH : EHLO_WITHOUT;
	made_up_ask(m, "EHLO out.example.org\r\n", m->ehlo, m->ehlo);
	made_up_flush(m);
}

static inline void
made_up_starttls(struct made_up *m)
{
	if (rand() % 3 == 0) {
		made_up_ask(m, "STARTTLS\r\n", "220 go\r\n", "220 go\r\n");
		made_up_tls(m);
		return;
	}
	made_up_ask(m, "STARTTLS\r\n", "454 no\r\n", rand() % 2 ? "502 no\r\n" : "250 ok\r\n");
}

static inline void
made_up_mail(struct made_up *m)
{
	bool is_accepted = rand() % 3 != 0;
	const char *answer = is_accepted ? "250 ok\r\n" : "530 first TLS\r\n";

	m->is_mail |= is_accepted;
	made_up_ask(m, "MAIL FROM:<a@example.org>\r\n", answer, answer);
}

static inline void
made_up_data(struct made_up *m)
{
	bool is_accepted = m->is_mail && rand() % 3 != 0;
	const char *answer = is_accepted ? "354 go\r\n" : "503 no\r\n";

	made_up_ask(m, "DATA\r\n", answer, answer);
	made_up_flush(m);
	if (is_accepted)
		made_up_ask(m,
			    rand() % 2 ? "Subject: x\r\n\r\nbody and more of it\r\n.\r\n"
				       : "Subject: x\r\n\r\nSTARTTLS\r\nMAIL FROM:<x@y>\r\n.\r\n",
			    "250 queued\r\n", "554 no\r\n");
}

static inline void
made_up_act(struct made_up *m)
{
	int what = rand() % MADE_UP_ACTIONS;

	m->is_fixed |= what > 2;
	if (what == 0)
		made_up_ehlo(m);
	else if (what == 1)
		made_up_ask(m, "HELO out.example.org\r\n", "250 mx\r\n", "250 mx\r\n");
	else if (what == 2)
		made_up_ask(m, rand() % 2 ? "RSET\r\n" : "NOOP\r\n", "250 ok\r\n", "250 ok\r\n");
	else if (what < 5)
		made_up_starttls(m);
	else if (what < 8)
		made_up_mail(m);
	else if (what == 8)
		made_up_ask(m, "RCPT TO:<b@example.net>\r\n", "250 ok\r\n", "550 no\r\n");
	else if (what == 9)
		made_up_data(m);
	else if (what == 10)
		made_up_ask(m, "AUTH PLAIN AGFubmEAc2VjcmV0\r\n", "235 ok\r\n", "535 no\r\n");
	else
		made_up_ask(m, "BDAT 20 LAST\r\n12345678901234567890", "250 ok\r\n", "503 no\r\n");
}

/* One connection, from SYN to FIN. */
static inline void
make_up(made_up_fn *keep)
{
	struct made_up m = {.keep = keep, .seq = {1000, 5000}};
	int actions = 2 + rand() % 10;

	m.packet.time = INT64_C(1767225600000000);
	m.ehlo = rand() % 2 ? EHLO_WITH : EHLO_WITHOUT;
	made_up_send(&m, SIDE_CLIENT, TCP_SYN, (struct bytes){0});
	made_up_send(&m, SIDE_SERVER, TCP_SYN | TCP_ACK, (struct bytes){0});
	made_up_send(&m, SIDE_CLIENT, TCP_ACK, (struct bytes){0});
	made_up_say(&m, SIDE_SERVER, "220 mx.example.net ESMTP\r\n");
	made_up_flush(&m);
	made_up_ehlo(&m);
	while (actions-- > 0 && !m.is_tls) {
		made_up_act(&m);
		if (rand() % 2)
			made_up_flush(&m);
	}
	if (!m.is_tls)
		made_up_ask(&m, "QUIT\r\n", "221 bye\r\n", "221 bye\r\n");
	made_up_flush(&m);
	made_up_send(&m, SIDE_CLIENT, TCP_FIN | TCP_ACK, (struct bytes){0});
	made_up_send(&m, SIDE_SERVER, TCP_FIN | TCP_ACK, (struct bytes){0});
	made_up_send(&m, SIDE_CLIENT, TCP_ACK, (struct bytes){0});
}

#endif
