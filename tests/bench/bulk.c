/*
 * One long mail session under STARTTLS over a real network, for benchmarks of
 * live capture.
 *
 *	bulk serve PORT KEY CERTIFICATE		take one connection, read it to its end
 *	bulk send ADDRESS PORT MEGABYTES	connect, ask for STARTTLS, send so much
 *
 * The dialogue is as short as it can be; what is sent under TLS is no mail.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PIECE (1 << 20)

static char piece[PIECE];

static void
fail(const char *what)
{
	perror(what);
	exit(1);
}

static void
say(int s, const char *text)
{
	if (write(s, text, strlen(text)) != (ssize_t)strlen(text))
		fail("write");
}

/* Read up to the end of a line that is the last of its reply, or any line of the client's. */
static void
hear(int s)
{
	char line[512];
	size_t len = 0;

	for (;;) {
		if (len == sizeof(line) || read(s, line + len, 1) != 1)
			fail("read");
		if (line[len++] != '\n')
			continue;
		if (len < 4 || line[3] != '-')
			return;
		len = 0;
	}
}

static int
serve(in_port_t port, const char *key, const char *certificate)
{
	struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(port)};
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());
	int s = socket(AF_INET, SOCK_STREAM, 0), one = 1, c;
	SSL *tls;

	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(s, (struct sockaddr *)&here, sizeof(here)) != 0 || listen(s, 1) != 0)
		fail("listen");
	if (SSL_CTX_use_certificate_file(context, certificate, SSL_FILETYPE_PEM) != 1 ||
	    SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1)
		return 1;
	c = accept(s, NULL, NULL);
	if (c < 0)
		fail("accept");
	say(c, "220 mx.example.net ESMTP\r\n");
	hear(c);
	say(c, "250-mx.example.net\r\n250 STARTTLS\r\n");
	hear(c);
	say(c, "220 go ahead\r\n");
	tls = SSL_new(context);
	SSL_set_fd(tls, c);
	if (SSL_accept(tls) != 1)
		return 1;
	while (SSL_read(tls, piece, PIECE) > 0)
		;
	SSL_shutdown(tls);
	close(c);
	return 0;
}

static int
send_much(const char *address, in_port_t port, long megabytes)
{
	struct sockaddr_in there = {.sin_family = AF_INET, .sin_port = htons(port)};
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());
	int s = socket(AF_INET, SOCK_STREAM, 0);
	SSL *tls;

	if (inet_pton(AF_INET, address, &there.sin_addr) != 1 ||
	    connect(s, (struct sockaddr *)&there, sizeof(there)) != 0)
		fail(address);
	hear(s);
	say(s, "EHLO out.example.org\r\n");
	hear(s);
	say(s, "STARTTLS\r\n");
	hear(s);
	tls = SSL_new(context);
	SSL_set_fd(tls, s);
	if (SSL_connect(tls) != 1)
		return 1;
	for (long i = 0; i < megabytes; i++)
		if (SSL_write(tls, piece, PIECE) != PIECE)
			return 1;
	SSL_shutdown(tls);
	close(s);
	return 0;
}

int
main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	if (argc == 5 && strcmp(argv[1], "serve") == 0)
		return serve((in_port_t)atoi(argv[2]), argv[3], argv[4]);
	if (argc == 5 && strcmp(argv[1], "send") == 0)
		return send_much(argv[2], (in_port_t)atoi(argv[3]), atol(argv[4]));
	fputs("usage: bulk serve PORT KEY CERTIFICATE | bulk send ADDRESS PORT MEGABYTES\n",
	      stderr);
	return 2;
}
