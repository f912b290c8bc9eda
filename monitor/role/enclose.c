/*
 * Capabilities, system calls and paths of the keeper; see enclose.h. SQLite, the
 * resolver of a filter's names and whatever reads a capture are in this process:
 * system calls are refused by list, not allowed by list, and it is Landlock that
 * bounds what they can do.
 */
#include "monitor/role/enclose.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <linux/capability.h>
#include <seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "db/store.h"
#include "monitor/log.h"
#include "monitor/role/landlock.h"
#include "monitor/role/sandbox.h"

#define LINKS_MAX 8 /* symbolic links that lead from one to another */

const char *const enclose_ca_bundles[] = {
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
    NULL,
};

/* The database may lie where only root's way with files leads. */
static int
keep_file_capabilities(void)
{
	const uint32_t kept =
	    1u << CAP_DAC_OVERRIDE | 1u << CAP_DAC_READ_SEARCH | 1u << CAP_FOWNER | 1u << CAP_CHOWN;
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = {0};

	if (syscall(SYS_capget, &head, sets) != 0)
		return errno;
	for (size_t i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
		sets[i].permitted &= i == 0 ? kept : 0;
		sets[i].effective &= i == 0 ? kept : 0;
		sets[i].inheritable = 0;
	}
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	return syscall(SYS_capset, &head, sets) == 0 ? 0 : errno;
}

static const int refused_calls[] = {
    SCMP_SYS(execve),
    SCMP_SYS(execveat),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(bpf),
    SCMP_SYS(io_uring_setup), /* makes sockets that no filter sees */
#if !SANDBOX_IS_INSTRUMENTED
    SCMP_SYS(ptrace), /* how the sanitizers look for leaks */
#endif
};

/* Sockets that lead nowhere but to this machine's own services, and no program but this one. */
static int
refuse_ways_out(void)
{
	const uint32_t refusal = SCMP_ACT_ERRNO(EACCES);
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int error;

	if (filter == NULL)
		return ENOMEM;
	error = seccomp_rule_add(filter, refusal, SCMP_SYS(socket), 1,
				 SCMP_A0(SCMP_CMP_NE, AF_UNIX, 0));
	for (size_t i = 0; error == 0 && i < sizeof(refused_calls) / sizeof(refused_calls[0]); i++)
		error = seccomp_rule_add(filter, refusal, refused_calls[i], 0);
	if (error == 0)
		error = seccomp_load(filter);
	seccomp_release(filter);
	return -error;
}

/* ---- Paths ---- */

/* Folders, and files of their own, as they come together. */
struct paths {
	struct landlock_path *at;
	size_t count, room;
};

/* Without memory for it a path stays shut. */
static void
add(struct paths *p, const char *path, enum landlock_reach reach)
{
	char *copy = p->count < p->room ? strdup(path) : NULL;

	if (copy != NULL)
		p->at[p->count++] = (struct landlock_path){copy, reach};
}

static void
add_folder(struct paths *p, const char *file, enum landlock_reach reach)
{
	char copy[PATH_MAX];

	snprintf(copy, sizeof(copy), "%s", file);
	add(p, dirname(copy), reach);
}

/* Where the symbolic link at path leads, if only by name; false where it is none. */
static bool
follow(char path[PATH_MAX])
{
	char target[PATH_MAX], folder[PATH_MAX];
	ssize_t len = readlink(path, target, sizeof(target) - 1);

	if (len <= 0)
		return false;
	target[len] = '\0';
	memcpy(folder, path, sizeof(folder));
	if (target[0] == '/')
		snprintf(path, PATH_MAX, "%s", target);
	else if (snprintf(path, PATH_MAX, "%s/%s", dirname(folder), target) >= PATH_MAX)
		return false;
	return true;
}

/* Of a file and of what its name leads to: that may not be there yet. */
static void
add_folders(struct paths *p, const char *file, enum landlock_reach reach)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s", file);
	for (int i = 0; i < LINKS_MAX; i++) {
		add_folder(p, path, reach);
		if (!follow(path))
			break;
	}
}

/* It was named, and is opened when its turn comes: it may be made until then. */
static void
add_capture(struct paths *p, const char *path)
{
	if (strcmp(path, "-") == 0)
		return;
	if (access(path, F_OK) == 0)
		add(p, path, LANDLOCK_READ);
	else
		add_folder(p, path, LANDLOCK_READ);
}

static void
add_authorities(struct paths *p, const char *ca_file)
{
	if (ca_file != NULL)
		add_folders(p, ca_file, LANDLOCK_READ);
	for (size_t i = 0; ca_file == NULL && enclose_ca_bundles[i] != NULL; i++)
		add_folders(p, enclose_ca_bundles[i], LANDLOCK_READ);
}

static int
keep_paths(const struct enclosure *e)
{
	/* A few files of several folders each, and the captures. */
	struct paths p = {.room = (size_t)8 * (LINKS_MAX + 1) + e->capture_count};
	struct landlock l = {.has_services = true};
	int error;

	p.at = calloc(p.room, sizeof(*p.at));
	if (p.at == NULL)
		return ENOMEM;
	add_folders(&p, e->db, LANDLOCK_KEEP);
	add_folders(&p, e->config, LANDLOCK_READ);
	add_authorities(&p, e->ca_file);
	if (e->metrics_file != NULL)
		add_folder(&p, e->metrics_file, LANDLOCK_KEEP);
	add(&p, "/dev/urandom", LANDLOCK_READ); /* SQLite's */
	if (e->has_names)
		add(&p, "/etc", LANDLOCK_READ);
	for (size_t i = 0; i < e->capture_count; i++)
		add_capture(&p, e->captures[i]);
	l.paths = p.at;
	l.count = p.count;
	error = landlock_lay(&l);
	for (size_t i = 0; i < p.count; i++)
		free((void *)(uintptr_t)p.at[i].path);
	free(p.at);
	return error;
}

/* ---- All of it ---- */

static void
tell(const char *what, int error)
{
	if (error == 0)
		log_detail("keeper: %s: in force", what);
	else
		log_detail("keeper: %s: missing: %s", what, strerror(error));
}

void
enclose_keeper(const struct enclosure *e)
{
	const struct sandbox none = {0};

	/* Alerts to the log of this machine tell its own time, and the file of its zone is out of
	 * reach from here on. */
	tzset();
	tell(layer_name(LAYER_NO_NEW_PRIVILEGES), sandbox_lay(LAYER_NO_NEW_PRIVILEGES, &none));
	tell(layer_name(LAYER_NO_DUMP), sandbox_lay(LAYER_NO_DUMP, &none));
	tell("no capabilities but over files", keep_file_capabilities());
	tell("no network, no other program", refuse_ways_out());
	store_work_beside(e->db);
	tell("landlock, the files it needs alone", keep_paths(e));
}

static bool
is_same_folder(const char *one, const char *other)
{
	char a[PATH_MAX], b[PATH_MAX];
	struct stat s, t;

	snprintf(a, sizeof(a), "%s", one);
	snprintf(b, sizeof(b), "%s", other);
	return stat(dirname(a), &s) == 0 && stat(dirname(b), &t) == 0 && s.st_dev == t.st_dev &&
	       s.st_ino == t.st_ino;
}

static bool
is_readable(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

bool
enclose_reaches(const struct enclosure *was, const struct enclosure *anew, const char **what)
{
	*what = anew->db;
	if (strcmp(was->db, anew->db) != 0 && !is_same_folder(was->db, anew->db))
		return false;
	*what = anew->metrics_file;
	if (anew->metrics_file != NULL &&
	    (was->metrics_file == NULL || !is_same_folder(was->metrics_file, anew->metrics_file)))
		return false;
	*what = anew->ca_file;
	return anew->ca_file == NULL || is_readable(anew->ca_file);
}
