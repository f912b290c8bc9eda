/*
 * Landlock: which paths a process can reach from now on, whatever their modes
 * and its user say.
 *
 * The C library has no wrapper, so the system calls are made by number, with the
 * first version of the interface and whatever rights of later ones the kernel
 * says it knows. What is in force cannot be taken back, and holds for all that
 * the process starts.
 */
#ifndef MONITOR_ROLE_LANDLOCK_H
#define MONITOR_ROLE_LANDLOCK_H

#include <stdbool.h>
#include <stddef.h>

enum landlock_reach {
	LANDLOCK_READ, /* a file, or all below a folder: read */
	LANDLOCK_KEEP  /* all below a folder: read, written, made and removed, as files */
};

struct landlock_path {
	const char *path; /* one that is not there, or that is no file of a disk, grants nothing */
	enum landlock_reach reach;
};

struct landlock {
	const struct landlock_path *paths;
	size_t count;
	bool has_network;  /* it may make TCP connections, which Linux 6.7 else refuses */
	bool has_services; /* it may talk to abstract sockets of this machine: Linux 6.12 */
};

/*
 * All but that is refused. 0, or the errno that kept it away: ENOSYS or EOPNOTSUPP
 * where the kernel has it not; EPERM where no_new_privs is not set.
 */
int landlock_lay(const struct landlock *l);

#endif
