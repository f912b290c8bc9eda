/*
 * The roles of the program: a table of names and entries, and how a role is
 * started, wired and reaped.
 *
 * A role starts by executing the program again, so that it inherits nobody's
 * memory: no secret, no key, no half-read file. Its one way out is a socket
 * that is descriptor ROLE_SOCKET (sandbox.h has what else it may do); while it starts, some have a
 * link to who started them beside it, ROLE_LINK, which they close before they serve.
 *
 * Another role is another row of the table in role.c, and an entry that does what
 * reader_main does: hears on its socket what is wanted, opens what it needs,
 * completes the sandbox that it is given (memory, user), calls sandbox_approach
 * and sandbox_enter, says how they came out, serves. The keeper starts it by its
 * name, through the starter. One that asks the network, as a checker, has
 * ALLOWS_NETWORK in its row; it is given names that were validated, and opens its
 * authorities and the resolver's configuration before it is closed in.
 */
#ifndef MONITOR_ROLE_ROLE_H
#define MONITOR_ROLE_ROLE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define ROLE_SOCKET  3
#define ROLE_LINK    4
#define ROLE_HOW_MAX 160 /* bytes of a line on how a role ended, NUL included */

/* A role under way, as its starter sees it. */
struct role_process {
	pid_t pid;
	int socket; /* to it; whoever takes it closes it */
	int link;   /* the other end of its ROLE_LINK, likewise; -1: it has none */
};

/* Whether this process was executed to be a role: main asks this before anything else. */
bool role_is_child(int argc, char *const argv[]);

/* Be that role; returns the status to exit with. */
int role_main(int argc, char *const argv[]);

/* Whether a role could be executed: the program is found by /proc. False, with errno, where not. */
bool role_can_start(void);

/* Start the role of that name. False, with errno, where it cannot be. */
bool role_start(const char *name, struct role_process *out);

/* End it now, where it still runs. */
void role_kill(const struct role_process *r);

/*
 * Wait for its end, for which it has 5 seconds. True where it ended well; otherwise
 * how holds what became of it, to follow its name: "was ended by signal 11
 * (Segmentation fault)".
 */
bool role_reap(struct role_process *r, char how[ROLE_HOW_MAX]);

#endif
