/* What the machine, its kernel and this process have; see facts.h. */
#include <errno.h>
#include <linux/capability.h>
#include <linux/if_packet.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <unistd.h>

#include "monitor/capture/gate.h"
#include "monitor/doctor/facts.h"
#include "monitor/role/ca_file.h"

#define UNIT      "waxseal.service"
#define UNIT_LINK "/etc/systemd/system/multi-user.target.wants/" UNIT
#define UNIT_PIDS "/sys/fs/cgroup/system.slice/" UNIT "/cgroup.procs"

static enum fact
fact_of(bool is_so)
{
	return is_so ? FACT_YES : FACT_NO;
}

static enum fact
has_capability(unsigned which)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &head, data) != 0)
		return FACT_UNSEEN;
	return fact_of((data[which / 32].effective >> which % 32 & 1) != 0);
}

static enum fact
is_synchronised(void)
{
	struct timex t = {0};
	const int state = adjtimex(&t);

	if (state < 0)
		return FACT_UNSEEN;
	return fact_of(state != TIME_ERROR && (t.status & STA_UNSYNC) == 0);
}

static enum fact
has_authorities(const char *named)
{
	const int descriptor = ca_file_open(named);

	if (descriptor >= 0)
		close(descriptor);
	return fact_of(descriptor >= 0);
}

/* Load it as a watch would, and give it back. */
static void
try_gate(const struct options *o, struct host_facts *out)
{
	struct gate_config config = {
	    .with_kernel = true,
	    .flows = 1,
	    .snaplen = SNAPLEN_MIN,
	    .service = o->watch.service,
	};
	struct gate *g;

	if (!gate_is_built()) {
		out->has_gate = FACT_NO;
		snprintf(out->gate_why, sizeof(out->gate_why), "built without eBPF");
		return;
	}
	if (getrandom(config.secret, sizeof(config.secret), 0) != sizeof(config.secret))
		return;
	g = gate_new(&config, out->gate_why);
	if (g != NULL)
		out->has_gate = fact_of(out->gate_why[0] == '\0');
	gate_free(g);
}

static enum fact
has_landlock(void)
{
#ifdef SYS_landlock_create_ruleset
	return fact_of(syscall(SYS_landlock_create_ruleset, NULL, 0, 1 /* which version */) > 0);
#else
	return FACT_UNSEEN;
#endif
}

static enum fact
has_seccomp(void)
{
	uint32_t action = SECCOMP_RET_KILL_PROCESS;

	return fact_of(syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0);
}

/* A socket that is bound to nothing cannot join: a kernel that knows the option says so. */
static enum fact
has_fanout(void)
{
	const int s = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	int argument = PACKET_FANOUT_HASH << 16;
	bool is_unknown;

	if (s < 0)
		return FACT_UNSEEN;
	is_unknown = setsockopt(s, SOL_PACKET, PACKET_FANOUT, &argument, sizeof(argument)) != 0 &&
		     errno == ENOPROTOOPT;
	close(s);
	return fact_of(!is_unknown);
}

/* The unit, by the files that systemd keeps of it: nothing is started to ask. */
static void
find_unit(struct host_facts *out)
{
	static const char *const folders[] = {"/etc/systemd/system/" UNIT,
					      "/lib/systemd/system/" UNIT,
					      "/usr/local/lib/systemd/system/" UNIT};
	struct stat status;
	FILE *f;

	out->has_systemd = fact_of(access("/run/systemd/system", F_OK) == 0);
	out->has_unit = FACT_NO;
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		if (access(folders[i], F_OK) == 0)
			out->has_unit = FACT_YES;
	out->is_enabled = fact_of(lstat(UNIT_LINK, &status) == 0);
	f = fopen(UNIT_PIDS, "re");
	out->is_running = fact_of(f != NULL && fgetc(f) != EOF);
	if (f != NULL)
		fclose(f);
}

void
facts_host(const struct options *o, struct host_facts *out)
{
	*out = (struct host_facts){
	    .is_synchronised = is_synchronised(),
	    .has_authorities = has_authorities(o->watch.ca_file),
	    .may_capture = has_capability(CAP_NET_RAW),
	    .may_load = has_capability(CAP_BPF),
	    .has_landlock = has_landlock(),
	    .has_seccomp = has_seccomp(),
	    .has_fanout = has_fanout(),
	};
	if (out->may_load == FACT_NO)
		out->may_load = has_capability(CAP_SYS_ADMIN);
	try_gate(o, out);
	find_unit(out);
}
