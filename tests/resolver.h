/*
 * A resolver on this machine for tests without root: a process that says NXDOMAIN
 * to all, but for names below "mute.test", to which it says nothing. It counts.
 * After cmocka.h.
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
};

struct resolver_process {
	pid_t pid;
	struct dns_resolver at;
	struct resolver_counts *counts; /* shared with it */
};

/*
 * What is asked first of a domain, as labels, and not asked again: a question that
 * is not answered comes twice.
 */
static inline bool
resolver_is_first(const unsigned char *name, size_t len)
{
	static const char first[] = "\10_mta-sts";
	static unsigned char seen[64][32];
	static unsigned next;

	if (len < sizeof(seen[0]) || memcmp(name, first, sizeof(first) - 1) != 0)
		return false;
	for (unsigned i = 0; i < 64; i++)
		if (memcmp(seen[i], name, sizeof(seen[i])) == 0)
			return false;
	memcpy(seen[next++ % 64], name, sizeof(seen[0]));
	return true;
}

static inline void
resolver_serve(int s, struct resolver_counts *counts)
{
	static const char mute[] = "\4mute\4test";
	unsigned char packet[4096];
	struct sockaddr_storage from;
	ssize_t len;

	for (;;) {
		socklen_t from_len = sizeof(from);

		len = recvfrom(s, packet, sizeof(packet), 0, (struct sockaddr *)&from, &from_len);
		if (len < 12)
			continue;
		counts->questions++;
		if (memmem(packet + 12, (size_t)len - 12, mute, sizeof(mute)) != NULL) {
			if (resolver_is_first(packet + 12, (size_t)len - 12))
				counts->mute++;
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
