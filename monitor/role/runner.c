/* The runner's process; see runner.h. What it serves is what a courier does. */
#include "monitor/role/runner.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "monitor/role/courier.h"
#include "monitor/role/layers.h"

/* To become a sink's user, and to end what that one runs. */
static int
keep_capabilities(void)
{
	const uint32_t kept = 1u << CAP_SETUID | 1u << CAP_SETGID | 1u << CAP_KILL;
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = {0};

	if (syscall(SYS_capget, &head, sets) != 0)
		return errno;
	sets[0].permitted &= kept;
	sets[0].effective = sets[0].permitted;
	sets[0].inheritable = 0;
	sets[1] = (struct __user_cap_data_struct){0};
	return syscall(SYS_capset, &head, sets) == 0 ? 0 : errno;
}

static void
approach(const struct sandbox *box, int error[LAYERS])
{
	for (size_t i = 0; i < LAYERS; i++)
		error[i] = LAYERS_LEFT_OUT;
	error[LAYER_NO_DUMP] = sandbox_lay(LAYER_NO_DUMP, box);
	error[LAYER_DESCRIPTORS] = sandbox_lay(LAYER_DESCRIPTORS, box);
}

static void
enter(const struct sandbox *box, int error[LAYERS])
{
	(void)box;
	error[LAYER_CAPABILITIES] = keep_capabilities();
}

int
runner_main(const struct sandbox *box)
{
	static const struct courier_kind kind = {
	    .is_runner = true, .approach = approach, .enter = enter};

	return courier_serve(box, &kind);
}
