/*
 * A resolver on this machine for tests without root: a process that says NXDOMAIN
 * to all, but for names below "mute.test", to which it says nothing, and domains
 * below names that begin with "evil", whose MX hosts are as many as are asked
 * about, all of them below "victim.test" and no two the same. It counts. After
 * cmocka.h.
 */
#ifndef TESTS_RESOLVER_H
#define TESTS_RESOLVER_H

#include <arpa/inet.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "monitor/policy/dns.h"

struct resolver_counts {
	_Atomic unsigned questions, mute; /* all; domains below mute.test */
	_Atomic unsigned victim;          /* questions for names below victim.test */
};

struct resolver_process {
	pid_t pid;
	struct dns_resolver at;
	struct resolver_counts *counts; /* shared with it */
};

#define RESOLVER_MX_TYPE 15
#define RESOLVER_HOSTS   32

static inline size_t
resolver_question_end(const unsigned char *packet, size_t len)
{
	size_t at = 12;

	while (at < len && packet[at] != 0)
		at += 1 + (size_t)packet[at];
	return at + 5 <= len ? at + 5 : 0;
}

/* Hosts of a domain below "evil...", in place of what stands behind the question; the length. */
static inline size_t
resolver_answer_evil(unsigned char *packet, size_t end)
{
	static const unsigned char head[] = {0xc0, 12, 0, RESOLVER_MX_TYPE, 0, 1, 0, 0, 0, 60, 0};
	static unsigned number;

	packet[2] = 0x81;
	packet[3] = 0;
	memset(packet + 6, 0, 6);
	packet[7] = RESOLVER_HOSTS;
	for (int i = 0; i < RESOLVER_HOSTS; i++) {
		char label[16];
		int len = snprintf(label, sizeof(label), "x%u", number++);
		static const char parent[] = "\6victim\4test";

		memcpy(packet + end, head, sizeof(head));
		end += sizeof(head);
		packet[end++] = (unsigned char)(2 + 1 + (size_t)len + sizeof(parent));
		packet[end++] = 0;
		packet[end++] = 10;
		packet[end++] = (unsigned char)len;
		memcpy(packet + end, label, (size_t)len);
		end += (size_t)len;
		memcpy(packet + end, parent, sizeof(parent));
		end += sizeof(parent);
	}
	return end;
}

static inline bool
resolver_is_below(const unsigned char *packet, size_t len, const char *labels, size_t size)
{
	return memmem(packet + 12, len - 12, labels, size) != NULL;
}

/*
 * What is asked first of a domain, its MX, and not asked again: a question that is not answered
 * comes twice. Names by their first labels.
 */
static inline bool
resolver_is_first(const unsigned char *packet, size_t len)
{
	static unsigned char seen[64][32];
	static unsigned next;
	unsigned char name[sizeof(seen[0])] = {0};
	size_t end = resolver_question_end(packet, len);

	if (end == 0 || packet[end - 3] != RESOLVER_MX_TYPE)
		return false;
	memcpy(name, packet + 12, end - 12 < sizeof(name) ? end - 12 : sizeof(name));
	for (unsigned i = 0; i < 64; i++)
		if (memcmp(seen[i], name, sizeof(name)) == 0)
			return false;
	memcpy(seen[next++ % 64], name, sizeof(name));
	return true;
}

static inline void
resolver_serve(int s, struct resolver_counts *counts)
{
	static const char mute[] = "\4mute\4test";
	unsigned char packet[4096];
	struct sockaddr_storage from;
	ssize_t len;
	size_t end;

	for (;;) {
		socklen_t from_len = sizeof(from);

		len = recvfrom(s, packet, sizeof(packet), 0, (struct sockaddr *)&from, &from_len);
		if (len < 12)
			continue;
		counts->questions++;
		if (memmem(packet + 12, (size_t)len - 12, mute, sizeof(mute)) != NULL) {
			if (resolver_is_first(packet, (size_t)len))
				counts->mute++;
			continue;
		}
		counts->victim += resolver_is_below(packet, (size_t)len, "\6victim\4test", 13);
		end = resolver_question_end(packet, (size_t)len);
		if (end > 0 && packet[end - 3] == RESOLVER_MX_TYPE &&
		    resolver_is_below(packet, end, "\6evil", 5)) {
			len = (ssize_t)resolver_answer_evil(packet, end);
			sendto(s, packet, (size_t)len, 0, (struct sockaddr *)&from, from_len);
			continue;
		}
		packet[2] |= 0x80;
		packet[3] = 3;
		sendto(s, packet, (size_t)len, 0, (struct sockaddr *)&from, from_len);
	}
}

static inline struct resolver_process
resolver_begin(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(at);
	struct resolver_process r;
	pid_t parent = getpid();

	assert_int_equal(bind(s, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(getsockname(s, (struct sockaddr *)&at, &len), 0);
	r.at = (struct dns_resolver){{4, {127, 0, 0, 1}}, ntohs(at.sin_port)};
	r.counts = mmap(NULL, sizeof(*r.counts), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			-1, 0);
	assert_ptr_not_equal(r.counts, MAP_FAILED);
	r.pid = fork();
	assert_true(r.pid >= 0);
	if (r.pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
		if (getppid() == parent)
			resolver_serve(s, r.counts);
		_exit(1);
	}
	close(s);
	return r;
}

static inline void
resolver_end(struct resolver_process *r)
{
	kill(r->pid, SIGKILL);
	waitpid(r->pid, NULL, 0);
	munmap(r->counts, sizeof(*r->counts));
}

#endif
