/* The layers of the sandbox; see sandbox.h. */
#include "monitor/role/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/sockios.h>
#include <pwd.h>
#include <seccomp.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "monitor/role/landlock.h"

#define NOBODY 65534 /* where the list of users has none */

static int
result(int status)
{
	return status == 0 ? 0 : errno;
}

static int
lay_no_new_privileges(const struct sandbox *s)
{
	(void)s;
	return result(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
}

static int
lay_no_dump(const struct sandbox *s)
{
	const struct rlimit none = {0, 0};

	(void)s;
	if (setrlimit(RLIMIT_CORE, &none) != 0)
		return errno;
	return result(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0));
}

/* Close all from first on, whether or not the kernel can do it at once. */
static int
close_from(int first, int last)
{
	long most;

	if (first > last)
		return 0;
	if (syscall(SYS_close_range, first, last, 0) == 0)
		return 0;
	most = sysconf(_SC_OPEN_MAX);
	if (most < 0)
		return ENOSYS;
	for (int fd = first; fd <= last && fd < most; fd++)
		close(fd);
	return 0;
}

/* 0, 1 and 2 lead nowhere; a sanitizer's report still needs the last. */
static int
lay_descriptors(const struct sandbox *s)
{
	int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
	int first = s->link > 0 && s->link < s->socket ? s->link : s->socket;
	int last = s->link > s->socket ? s->link : s->socket;
	int error;

	if (nowhere < 0)
		return errno;
	for (int fd = 0; fd < (SANDBOX_IS_INSTRUMENTED ? 2 : 3); fd++)
		if (dup2(nowhere, fd) < 0)
			return errno;
	error = close_from(3, first - 1);
	if (error == 0)
		error = close_from(first + 1, last - 1);
	return error != 0 ? error : close_from(last + 1, INT32_MAX);
}

/*
 * A folder of our own that is removed before it becomes the root: nothing can
 * be made in it any more, so it stays empty whatever else runs here.
 */
static int
lay_root(const struct sandbox *s)
{
	char path[] = "/tmp/waxseal-XXXXXX";
	int error;

	(void)s;
	if (SANDBOX_IS_INSTRUMENTED)
		return ENOSYS;
	if (geteuid() != 0)
		return EPERM;
	if (mkdtemp(path) == NULL)
		return errno;
	error = result(chdir(path));
	if (rmdir(path) != 0 && error == 0)
		error = errno;
	if (error == 0)
		error = result(chroot("."));
	return error != 0 ? error : result(chdir("/"));
}

/*
 * Capabilities that children could regain go while there is still the right to
 * do so; the sets themselves are emptied by lay_capabilities.
 */
static void
drop_bounds(void)
{
	for (unsigned long cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
}

bool
sandbox_find_user(struct sandbox *s, const char *name)
{
	const struct passwd *user = getpwnam(name[0] != '\0' ? name : "waxseal");

	if (name[0] != '\0' && (user == NULL || user->pw_uid == 0))
		return false;
	if (user == NULL || user->pw_uid == 0)
		user = getpwnam("nobody");
	s->uid = user != NULL && user->pw_uid != 0 ? user->pw_uid : NOBODY;
	s->gid = user != NULL && user->pw_gid != 0 ? user->pw_gid : NOBODY;
	return true;
}

/*
 * A role does not outlive its keeper, and the kernel forgets that it asked for
 * this when its user changes, prctl(2). Nor one that died meanwhile.
 */
static void
die_with(pid_t keeper)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (getppid() != keeper)
		_exit(1);
}

static int
lay_user(const struct sandbox *s)
{
	pid_t keeper = getppid();

	if (geteuid() != 0)
		return EPERM;
	drop_bounds();
	if (setgroups(0, NULL) != 0 || setresgid(s->gid, s->gid, s->gid) != 0 ||
	    setresuid(s->uid, s->uid, s->uid) != 0)
		return errno;
	die_with(keeper);
	/* Believe it only when the way back is seen to be shut. */
	return setuid(0) == 0 || setgid(0) == 0 ? EPERM : 0;
}

static int
lay_capabilities(const struct sandbox *s)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {0};

	(void)s;
	return result((int)syscall(SYS_capset, &head, none));
}

/* A limit that is tighter already stays: to raise it would take a right, and would be no good. */
static int
limit(__rlimit_resource_t resource, rlim_t most)
{
	struct rlimit limit;

	if (getrlimit(resource, &limit) != 0)
		return errno;
	if (limit.rlim_max > most)
		limit.rlim_max = most;
	if (limit.rlim_cur > limit.rlim_max)
		limit.rlim_cur = limit.rlim_max;
	return result(setrlimit(resource, &limit));
}

static int
lay_limits(const struct sandbox *s)
{
	static const rlim_t descriptors[] = {
	    [ALLOWS_NOTHING] = SANDBOX_DESCRIPTORS,
	    [ALLOWS_CAPTURE] = SANDBOX_DESCRIPTORS_LIVE,
	    [ALLOWS_NETWORK] = SANDBOX_DESCRIPTORS_OUT,
	    [ALLOWS_DELIVERY] = SANDBOX_DESCRIPTORS_OUT,
	    [ALLOWS_SERVING] = SANDBOX_DESCRIPTORS_SERVE,
	};
	int error = limit(RLIMIT_NOFILE, descriptors[s->allows]);

	if (error == 0)
		error = limit(RLIMIT_NPROC, 0);
	if (error == 0 && !SANDBOX_IS_INSTRUMENTED && s->allows != ALLOWS_DELIVERY)
		error = limit(RLIMIT_FSIZE, 0);
	if (error == 0 && !SANDBOX_IS_INSTRUMENTED)
		error = limit(RLIMIT_AS, s->memory);
	return error;
}

static bool
reaches_network(const struct sandbox *s)
{
	return s->allows == ALLOWS_NETWORK || s->allows == ALLOWS_DELIVERY;
}

static int
lay_landlock(const struct sandbox *s)
{
	const struct landlock no_paths = {.has_network = reaches_network(s)};

	return landlock_lay(&no_paths);
}

/*
 * Calls that may be made with any arguments. The C library's qsort asks
 * sysinfo how much memory there is before it sorts more than a little. By
 * restart_syscall the kernel goes on with a sleep that a stop, a debugger or the
 * machine's own sleep interrupted: with a call that was allowed before.
 */
static const int free_calls[] = {
    SCMP_SYS(read),
    SCMP_SYS(close),
    SCMP_SYS(lseek),
    SCMP_SYS(munmap),
    SCMP_SYS(brk),
    SCMP_SYS(madvise),
    SCMP_SYS(futex),
    SCMP_SYS(getrandom),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(sysinfo),
    SCMP_SYS(restart_syscall),
};

#if !SANDBOX_IS_INSTRUMENTED
/*
 * What libraries try by habit (a time zone, a configuration, whether a stream is
 * a terminal) and can do without: refused, where any other call ends the
 * process. Which of them one tries differs between versions of the library.
 */
static const int refused_calls[] = {
    SCMP_SYS(open),       SCMP_SYS(openat), SCMP_SYS(stat),   SCMP_SYS(fstat),
    SCMP_SYS(newfstatat), SCMP_SYS(statx),  SCMP_SYS(access), SCMP_SYS(readlink),
};
#else
/* What the sanitizers' run time calls while it watches and when it reports. */
static const int instrument_calls[] = {
    SCMP_SYS(write),        SCMP_SYS(mmap),        SCMP_SYS(mprotect),   SCMP_SYS(mremap),
    SCMP_SYS(openat),       SCMP_SYS(readlink),    SCMP_SYS(readlinkat), SCMP_SYS(fstat),
    SCMP_SYS(newfstatat),   SCMP_SYS(stat),        SCMP_SYS(getrusage),  SCMP_SYS(sigaltstack),
    SCMP_SYS(rt_sigaction), SCMP_SYS(sched_yield), SCMP_SYS(prctl),      SCMP_SYS(ioctl),
    SCMP_SYS(prlimit64),    SCMP_SYS(pipe2),       SCMP_SYS(tgkill),     SCMP_SYS(ftruncate),
    SCMP_SYS(fcntl),        SCMP_SYS(getppid),     SCMP_SYS(kill),       SCMP_SYS(getcwd),
    SCMP_SYS(unlink),       SCMP_SYS(access),
};
#endif

/* A call, allowed or refused where its arguments pass all the tests. */
struct rule {
	int call;
	unsigned count; /* of tests */
	const struct scmp_arg_cmp *test;
};

/* Add rules of one action; 0, or an errno. */
static int
add_rules(scmp_filter_ctx filter, uint32_t action, const struct rule *rules, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int error = seccomp_rule_add_array(filter, action, rules[i].call, rules[i].count,
						   rules[i].test);
		if (error != 0)
			return -error;
	}
	return 0;
}

/* Memory may be asked for, but never to execute; the socket is the only way out. */
static int
allow_bounded(scmp_filter_ctx filter, const struct sandbox *s)
{
	scmp_datum_t socket = (scmp_datum_t)s->socket, self = (scmp_datum_t)getpid();
	const struct scmp_arg_cmp to_socket[] = {SCMP_A0(SCMP_CMP_EQ, socket, 0)};
	const struct scmp_arg_cmp data[] = {SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)};
	const struct scmp_arg_cmp anonymous[] = {
	    SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0),
	    SCMP_A3(SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS, MAP_ANONYMOUS)};
	const struct scmp_arg_cmp raise[] = {SCMP_A0(SCMP_CMP_EQ, self, 0),
					     SCMP_A1(SCMP_CMP_EQ, self, 0)};
	const struct rule rules[] = {
	    {SCMP_SYS(sendmsg), 1, to_socket}, {SCMP_SYS(recvmsg), 1, to_socket},
	    {SCMP_SYS(mprotect), 1, data},     {SCMP_SYS(mremap), 0, NULL},
	    {SCMP_SYS(mmap), 2, anonymous},    {SCMP_SYS(tgkill), 2, raise}, /* abort */
	};

	return add_rules(filter, SCMP_ACT_ALLOW, rules, sizeof(rules) / sizeof(rules[0]));
}

#if !SANDBOX_IS_INSTRUMENTED
/* Libraries ask whether a stream is a terminal; libpcap asks whether an interface is up. */
static int
refuse_ioctl(scmp_filter_ctx filter, const struct sandbox *s)
{
	const struct scmp_arg_cmp others[] = {SCMP_A1(SCMP_CMP_NE, SIOCGIFFLAGS, 0)};
	const struct rule rules[] = {{SCMP_SYS(ioctl), s->allows == ALLOWS_CAPTURE, others}};

	return add_rules(filter, SCMP_ACT_ERRNO(EACCES), rules, 1);
}
#endif

/* Packets lie in the ring: the capture's socket is waited on and asked how many were lost. */
static int
allow_live(scmp_filter_ctx filter, const struct sandbox *s)
{
	scmp_datum_t capture = (scmp_datum_t)s->capture;
	const struct scmp_arg_cmp of_capture[] = {SCMP_A0(SCMP_CMP_EQ, capture, 0)};
	const struct scmp_arg_cmp flags[] = {SCMP_A0(SCMP_CMP_EQ, capture, 0),
					     SCMP_A1(SCMP_CMP_EQ, SIOCGIFFLAGS, 0)};
	/* The gate's maps: their descriptors are the only ones of that kind here. */
	const struct scmp_arg_cmp look_up[] = {SCMP_A0(SCMP_CMP_EQ, BPF_MAP_LOOKUP_ELEM, 0)};
	const struct scmp_arg_cmp update[] = {SCMP_A0(SCMP_CMP_EQ, BPF_MAP_UPDATE_ELEM, 0)};
	const struct scmp_arg_cmp delete[] = {SCMP_A0(SCMP_CMP_EQ, BPF_MAP_DELETE_ELEM, 0)};
	const struct rule rules[] = {
	    {SCMP_SYS(ioctl), 2, flags},
	    {SCMP_SYS(bpf), 1, look_up},
	    {SCMP_SYS(bpf), 1, update},
	    {SCMP_SYS(bpf), 1, delete},
	    {SCMP_SYS(poll), 0, NULL},
	    {SCMP_SYS(ppoll), 0, NULL},
	    {SCMP_SYS(getsockopt), 1, of_capture},
	    {SCMP_SYS(recvfrom), 1, of_capture},    /* why it stopped */
	    {SCMP_SYS(getsockname), 1, of_capture}, /* whether its interface is still there */
	};

	return add_rules(filter, SCMP_ACT_ALLOW, rules, sizeof(rules) / sizeof(rules[0]));
}

static int
decide(scmp_filter_ctx filter, uint32_t action, const int *calls, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int error = seccomp_rule_add_array(filter, action, calls[i], 0, NULL);

		if (error != 0)
			return -error;
	}
	return 0;
}

/* What c-ares, libcurl and OpenSSL call on sockets and to wait for them; none that listens. */
static const int network_calls[] = {
    SCMP_SYS(connect),       SCMP_SYS(sendto),      SCMP_SYS(recvfrom),     SCMP_SYS(sendmsg),
    SCMP_SYS(recvmsg),       SCMP_SYS(sendmmsg),    SCMP_SYS(shutdown),     SCMP_SYS(getsockopt),
    SCMP_SYS(setsockopt),    SCMP_SYS(getsockname), SCMP_SYS(getpeername),  SCMP_SYS(poll),
    SCMP_SYS(ppoll),         SCMP_SYS(select),      SCMP_SYS(pselect6),     SCMP_SYS(epoll_wait),
    SCMP_SYS(epoll_create1), SCMP_SYS(epoll_ctl),   SCMP_SYS(epoll_pwait),  SCMP_SYS(write),
    SCMP_SYS(writev),        SCMP_SYS(readv),       SCMP_SYS(fcntl),        SCMP_SYS(socketpair),
    SCMP_SYS(pipe2),         SCMP_SYS(eventfd2),    SCMP_SYS(rt_sigaction), SCMP_SYS(gettimeofday)};

/* Of files that are open: to have a line on disk, and to take half of one back. */
static const int file_calls[] = {SCMP_SYS(fdatasync), SCMP_SYS(ftruncate)};

#define SOCKET_KIND 0xf /* of a socket's type, without its flags */

static int
allow_network(scmp_filter_ctx filter)
{
	const struct scmp_arg_cmp sockets[][2] = {
	    {SCMP_A0(SCMP_CMP_EQ, AF_INET, 0),
	     SCMP_A1(SCMP_CMP_MASKED_EQ, SOCKET_KIND, SOCK_STREAM)},
	    {SCMP_A0(SCMP_CMP_EQ, AF_INET, 0),
	     SCMP_A1(SCMP_CMP_MASKED_EQ, SOCKET_KIND, SOCK_DGRAM)},
	    {SCMP_A0(SCMP_CMP_EQ, AF_INET6, 0),
	     SCMP_A1(SCMP_CMP_MASKED_EQ, SOCKET_KIND, SOCK_STREAM)},
	    {SCMP_A0(SCMP_CMP_EQ, AF_INET6, 0),
	     SCMP_A1(SCMP_CMP_MASKED_EQ, SOCKET_KIND, SOCK_DGRAM)},
	};
	int error = decide(filter, SCMP_ACT_ALLOW, network_calls,
			   sizeof(network_calls) / sizeof(network_calls[0]));

	for (size_t i = 0; error == 0 && i < sizeof(sockets) / sizeof(sockets[0]); i++) {
		const struct rule rule = {SCMP_SYS(socket), 2, sockets[i]};

		error = add_rules(filter, SCMP_ACT_ALLOW, &rule, 1);
	}
	return error;
}

/* What libmicrohttpd calls on connections that came in; none that makes a socket or connects one.
 */
static const int serving_calls[] = {
    SCMP_SYS(sendto),      SCMP_SYS(recvfrom),   SCMP_SYS(sendmsg),     SCMP_SYS(shutdown),
    SCMP_SYS(getsockopt),  SCMP_SYS(setsockopt), SCMP_SYS(poll),        SCMP_SYS(ppoll),
    SCMP_SYS(epoll_wait),  SCMP_SYS(epoll_ctl),  SCMP_SYS(epoll_pwait), SCMP_SYS(fcntl),
    SCMP_SYS(gettimeofday)};

static int
allow_serving(scmp_filter_ctx filter, const struct sandbox *s)
{
	const scmp_datum_t listener = (scmp_datum_t)s->listener;
	const struct scmp_arg_cmp of_listener[] = {SCMP_A0(SCMP_CMP_EQ, listener, 0)};
	const struct rule rules[] = {{SCMP_SYS(accept4), 1, of_listener}};
	int error = decide(filter, SCMP_ACT_ALLOW, serving_calls,
			   sizeof(serving_calls) / sizeof(serving_calls[0]));

	return error != 0 ? error : add_rules(filter, SCMP_ACT_ALLOW, rules, 1);
}

static int
lay_system_calls(const struct sandbox *s)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int error;

	if (filter == NULL)
		return ENOMEM;
	error =
	    decide(filter, SCMP_ACT_ALLOW, free_calls, sizeof(free_calls) / sizeof(free_calls[0]));
	if (error == 0)
		error = allow_bounded(filter, s);
	if (error == 0 && s->allows == ALLOWS_CAPTURE)
		error = allow_live(filter, s);
	if (error == 0 && reaches_network(s))
		error = allow_network(filter);
	if (error == 0 && s->allows == ALLOWS_DELIVERY)
		error = decide(filter, SCMP_ACT_ALLOW, file_calls,
			       sizeof(file_calls) / sizeof(file_calls[0]));
	if (error == 0 && s->allows == ALLOWS_SERVING)
		error = allow_serving(filter, s);
#if SANDBOX_IS_INSTRUMENTED
	if (error == 0)
		error = decide(filter, SCMP_ACT_ALLOW, instrument_calls,
			       sizeof(instrument_calls) / sizeof(instrument_calls[0]));
#else
	if (error == 0)
		error = decide(filter, SCMP_ACT_ERRNO(EACCES), refused_calls,
			       sizeof(refused_calls) / sizeof(refused_calls[0]));
	if (error == 0)
		error = refuse_ioctl(filter, s);
#endif
	if (error == 0)
		error = -seccomp_load(filter);
	seccomp_release(filter);
	return error;
}

static const struct {
	const char *name;
	int (*lay)(const struct sandbox *s);
} layers[LAYERS] = {
    [LAYER_NO_NEW_PRIVILEGES] = {"no new privileges", lay_no_new_privileges},
    [LAYER_NO_DUMP] = {"no core, no tracing", lay_no_dump},
    [LAYER_DESCRIPTORS] = {"no descriptor but the socket", lay_descriptors},
    [LAYER_ROOT] = {"empty root folder", lay_root},
    [LAYER_USER] = {"user of its own", lay_user},
    [LAYER_CAPABILITIES] = {"no capabilities", lay_capabilities},
    [LAYER_LIMITS] = {"resource limits", lay_limits},
    [LAYER_LANDLOCK] = {"landlock, no paths", lay_landlock},
    [LAYER_SYSTEM_CALLS] = {"system calls it needs alone", lay_system_calls},
};

int
sandbox_lay(enum layer layer, const struct sandbox *s)
{
	return layers[layer].lay(s);
}

void
sandbox_approach(const struct sandbox *s, int error[LAYERS])
{
	for (size_t i = 0; i <= LAYER_DESCRIPTORS; i++)
		error[i] = layers[i].lay(s);
}

void
sandbox_enter(const struct sandbox *s, int error[LAYERS])
{
	for (size_t i = LAYER_DESCRIPTORS + 1; i < LAYERS; i++)
		error[i] = layers[i].lay(s);
}

const char *
layer_name(enum layer layer)
{
	return layers[layer].name;
}
