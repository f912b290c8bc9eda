/*
 * Closes a process in: layer by layer, and says how each came out.
 *
 * No layer relies on another: where a kernel or a container lacks one, the
 * rest still holds. What is in force cannot be taken back. Meant for a process
 * of one thread that holds all it will ever need.
 */
#ifndef MONITOR_ROLE_SANDBOX_H
#define MONITOR_ROLE_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * Sanitizers and coverage write reports, map files of their own and reserve
 * address space without end: such builds, which nobody installs, go without
 * the layers that would stop them.
 */
#if defined(__SANITIZE_ADDRESS__) || defined(WAXSEAL_COVERAGE)
#define SANDBOX_IS_INSTRUMENTED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(undefined_behavior_sanitizer) || \
    __has_feature(memory_sanitizer)
#define SANDBOX_IS_INSTRUMENTED 1
#endif
#endif
#ifndef SANDBOX_IS_INSTRUMENTED
#define SANDBOX_IS_INSTRUMENTED 0
#endif

/* In the order in which they are laid: what needs a privilege comes before its loss. */
enum layer {
	LAYER_NO_NEW_PRIVILEGES, /* nothing that it executes could gain any */
	LAYER_NO_DUMP,           /* no core, and no other process of its user may trace it */
	LAYER_DESCRIPTORS,       /* only the socket is open */
	LAYER_ROOT,              /* its root folder is empty, and gone */
	LAYER_USER,              /* a user and group that own nothing */
	LAYER_CAPABILITIES,      /* every set is empty */
	LAYER_LIMITS,            /* memory, descriptors, no new process, no file grows */
	LAYER_LANDLOCK,          /* no path may be opened, whatever its mode says */
	LAYER_SYSTEM_CALLS       /* those it needs alone; opening is refused, any other ends it */
};
#define LAYERS (LAYER_SYSTEM_CALLS + 1)

/* What a process may do beside using its socket and its memory, once it is closed in. */
enum allowance {
	ALLOWS_NOTHING,
	ALLOWS_CAPTURE, /* wait for one capture, read its counters and mark flows in its gate */
	/*
	 * Connect over IP, as client alone: TCP and UDP. No file and no other kind of
	 * socket is opened, and no thread begun: files that are needed are opened
	 * before, and names are resolved without threads.
	 */
	ALLOWS_NETWORK,
	/* The same, and let files grow that were opened before. */
	ALLOWS_DELIVERY,
	ALLOWS_SERVING /* answer whoever connects to one socket, which listens already */
};

struct sandbox {
	int socket; /* the one descriptor to keep, beside 0, 1 and 2 */
	int link;   /* another one, which the process closes itself before it serves; 0: none */
	enum allowance allows;
	int capture;   /* of ALLOWS_CAPTURE: its socket */
	int listener;  /* of ALLOWS_SERVING: the socket that listens */
	size_t memory; /* bytes of address space */
	uid_t uid;     /* to become where it is root: sandbox_find_user */
	gid_t gid;
};

/* Most descriptors at once: the standard three, the socket, what a capture has, some to spare. */
#define SANDBOX_DESCRIPTORS       6
#define SANDBOX_DESCRIPTORS_LIVE  64 /* the gate's programs and maps, too */
#define SANDBOX_DESCRIPTORS_OUT   256
#define SANDBOX_DESCRIPTORS_SERVE 32

/*
 * The user of that name; where it is empty "waxseal", or else "nobody". Reads
 * the list of users. False where a named one is not in it, or is root.
 */
bool sandbox_find_user(struct sandbox *s, const char *name);

#define SANDBOX_USER_MAX 33 /* bytes of a user's name, NUL included */

/*
 * Lay one layer. 0, or the errno that kept it away; ENOSYS where this kernel
 * or this build has it not, EPERM where it takes root.
 */
int sandbox_lay(enum layer layer, const struct sandbox *s);

/*
 * Lay all of them; error[layer] is what sandbox_lay gave. First those that
 * leave what is opened afterwards alone, then, once it is, the rest.
 */
void sandbox_approach(const struct sandbox *s, int error[LAYERS]);
void sandbox_enter(const struct sandbox *s, int error[LAYERS]);

/* "no new privileges", "empty root folder" ... */
const char *layer_name(enum layer layer);

#endif
