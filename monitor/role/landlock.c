/* Rulesets of Landlock; see landlock.h. Numbers are those of linux/landlock.h. */
#include "monitor/role/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "monitor/role/sandbox.h"

/* System calls, the same on every architecture. */
#define CREATE_RULESET 444
#define ADD_RULE       445
#define RESTRICT_SELF  446

#define ASK_VERSION  1 /* flag: say which version of the interface there is */
#define PATH_BENEATH 1 /* kind of rule */

#define WRITE_FILE  (UINT64_C(1) << 1)
#define READ_FILE   (UINT64_C(1) << 2)
#define READ_FOLDER (UINT64_C(1) << 3)
#define REMOVE_FILE (UINT64_C(1) << 5)
#define MAKE_FILE   (UINT64_C(1) << 8)
#define TRUNCATE    (UINT64_C(1) << 14)

#define BIND_TCP    UINT64_C(1)
#define CONNECT_TCP UINT64_C(2)

#define TO_ABSTRACT_SOCKETS UINT64_C(1)
#define SIGNALS             UINT64_C(2)

/* What may be granted of a path that is no folder. */
#define OF_FILES (WRITE_FILE | READ_FILE | TRUNCATE)

/*
 * Rights that a ruleset may handle, by version of the interface: files (1),
 * reparenting (2), truncating (3), TCP (4), device ioctls (5); scopes (6) are
 * abstract sockets and signals.
 */
struct handled {
	uint64_t files, network, scopes;
};

struct rule {
	uint64_t allowed;
	int32_t parent;
} __attribute__((packed));

static struct handled
handled_by(long version, const struct landlock *l)
{
	struct handled h = {.files = (UINT64_C(1) << 13) - 1};

	if (version >= 2)
		h.files |= UINT64_C(1) << 13;
	if (version >= 3)
		h.files |= TRUNCATE;
	if (version >= 4)
		h.network = l->has_network ? BIND_TCP : BIND_TCP | CONNECT_TCP;
	if (version >= 5)
		h.files |= UINT64_C(1) << 15;
	if (version >= 6)
		h.scopes = l->has_services ? SIGNALS : TO_ABSTRACT_SOCKETS | SIGNALS;
	return h;
}

/* What cannot be granted stays shut. */
static void
grant(int rules, const struct landlock_path *path, uint64_t handled)
{
	struct rule rule = {
	    .allowed = READ_FILE | READ_FOLDER,
	    .parent = open(path->path, O_PATH | O_CLOEXEC),
	};
	struct stat s;

	if (rule.parent < 0)
		return;
	if (path->reach == LANDLOCK_KEEP)
		rule.allowed |= WRITE_FILE | REMOVE_FILE | MAKE_FILE | TRUNCATE;
	rule.allowed &= handled;
	if (fstat(rule.parent, &s) == 0 && !S_ISDIR(s.st_mode))
		rule.allowed &= OF_FILES;
	(void)syscall(ADD_RULE, rules, PATH_BENEATH, &rule, 0);
	close(rule.parent);
}

int
landlock_lay(const struct landlock *l)
{
	long version = syscall(CREATE_RULESET, NULL, 0, ASK_VERSION);
	struct handled handled = handled_by(version, l);
	size_t size = version >= 6 ? sizeof(handled) : version >= 4 ? 16 : 8;
	int rules, error = 0;

	if (version < 1)
		return errno;
	if (SANDBOX_IS_INSTRUMENTED)
		return ENOSYS;
	rules = (int)syscall(CREATE_RULESET, &handled, size, 0);
	if (rules < 0)
		return errno;
	for (size_t i = 0; i < l->count; i++)
		grant(rules, &l->paths[i], handled.files);
	if (syscall(RESTRICT_SELF, rules, 0) != 0)
		error = errno;
	close(rules);
	return error;
}
