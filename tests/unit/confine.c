/*
 * Runs a program as a unit's SystemCallFilter would have it run:
 *
 *	confine FILE COMMAND [ARGUMENT ...]
 *
 * with the system calls that the file names, one a line; every other one fails
 * with EPERM. Names that this machine does not have are passed over, as systemd
 * does.
 */
#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int
allow(scmp_filter_ctx filter, FILE *names)
{
	char name[128];

	while (fgets(name, sizeof(name), names) != NULL) {
		int number;

		name[strcspn(name, "\n")] = '\0';
		number = seccomp_syscall_resolve_name(name);
		if (number >= 0 && seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0) != 0)
			return -1;
	}
	return seccomp_load(filter);
}

int
main(int argc, char **argv)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	FILE *names = argc > 2 ? fopen(argv[1], "r") : NULL;

	if (filter == NULL || names == NULL || allow(filter, names) != 0) {
		fprintf(stderr, "confine: cannot set the filter\n");
		return 2;
	}
	execv(argv[2], argv + 2);
	fprintf(stderr, "confine: %s: %s\n", argv[2], strerror(errno));
	return 2;
}
