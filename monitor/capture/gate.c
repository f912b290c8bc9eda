/* The gate of a live capture; see gate.h. Where the kernel's part stops the plain one goes on. */
#include "monitor/capture/gate.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dissector/plain_gate.h"
#include "monitor/capture/gate_kernel.h"

struct gate {
	struct gate_kernel *kernel; /* NULL: user space alone */
	struct plain_gate *plain;   /* bears the marks that the kernel did not take */
	int refusal;                /* errno, where kernel is NULL */
	bool is_plain_needed;       /* there are packets that the kernel's part does not see */
};

bool
gate_is_built(void)
{
	return gate_kernel_is_built();
}

static void
explain(int error, char why[GATE_WHY_MAX])
{
	const char *help = "";

	if (error == ENOTSUP && !gate_kernel_is_built()) {
		snprintf(why, GATE_WHY_MAX,
			 "built without eBPF "
			 "(build it where there is clang)");
		return;
	}
	if (error == EPERM)
		help = " (run as root, or give CAP_BPF, and locked memory before Linux 5.11)";
	else if (error == ENOENT)
		help = " (mount /sys: how many processors there are is read there)";
	snprintf(why, GATE_WHY_MAX, "the kernel refuses eBPF: %s%s", strerror(error), help);
}

struct gate *
gate_new(const struct gate_config *config, char why[GATE_WHY_MAX])
{
	uint32_t flows = config->flows < GATE_FLOWS_MAX ? config->flows : GATE_FLOWS_MAX;
	struct plain_gate_config plain = {.flows = flows, .service = config->service};
	const struct gate_kernel_config kernel = {flows, config->snaplen, config->service};
	struct gate *g = calloc(1, sizeof(*g));

	why[0] = '\0';
	if (!g)
		return NULL;
	memcpy(plain.secret, config->secret, sizeof(plain.secret));
	g->plain = plain_gate_new(&plain);
	if (!g->plain) {
		free(g);
		return NULL;
	}
	if (config->with_kernel) {
		g->kernel = gate_kernel_new(&kernel);
		g->refusal = errno;
		if (!g->kernel)
			explain(g->refusal, why);
	}
	g->is_plain_needed = g->kernel == NULL;
	return g;
}

void
gate_free(struct gate *g)
{
	if (!g)
		return;
	gate_kernel_free(g->kernel);
	plain_gate_free(g->plain);
	free(g);
}

bool
gate_attach(struct gate *g, int socket, uint32_t linktype, char why[GATE_WHY_MAX])
{
	why[0] = '\0';
	if (g->kernel && gate_kernel_attach(g->kernel, socket, linktype))
		return true;
	g->is_plain_needed = true;
	explain(g->kernel ? errno : g->refusal, why);
	return false;
}

bool
gate_is_in_kernel(const struct gate *g)
{
	return !g->is_plain_needed && plain_gate_marks(g->plain) == 0;
}

bool
gate_passes(struct gate *g, const struct captured *packet)
{
	return gate_is_in_kernel(g) || plain_gate_judge(g->plain, packet) == GATE_PASS;
}

static struct flow_key
ends_of(const struct flow_key *key)
{
	struct flow_key ends = *key;

	ends.is_rival = 0;
	return ends;
}

void
gate_mark(struct gate *g, const struct flow_key *key)
{
	const struct flow_key ends = ends_of(key);
	bool is_marked = g->kernel && gate_kernel_mark(g->kernel, &ends);

	if (!is_marked || g->is_plain_needed)
		plain_gate_mark(g->plain, &ends);
}

void
gate_forget(struct gate *g, const struct flow_key *key)
{
	const struct flow_key ends = ends_of(key);

	if (g->kernel)
		(void)gate_kernel_forget(g->kernel, &ends);
	(void)plain_gate_forget(g->plain, &ends);
}

bool
gate_flow(struct gate *g, const struct flow_key *key, struct gate_count *out)
{
	const struct flow_key ends = ends_of(key);
	struct gate_count there = {0}, here = {0};
	bool is_there = g->kernel && gate_kernel_flow(g->kernel, &ends, &there);
	bool is_here = plain_gate_flow(g->plain, &ends, &here);

	*out = (struct gate_count){there.packets + here.packets, there.bytes + here.bytes};
	return is_there || is_here;
}

void
gate_counts(struct gate *g, struct gate_count out[GATE_VERDICTS])
{
	struct gate_count here[GATE_VERDICTS];

	memset(out, 0, sizeof(here));
	if (g->kernel)
		(void)gate_kernel_counts(g->kernel, out);
	plain_gate_counts(g->plain, here);
	for (int i = 0; i < GATE_VERDICTS; i++) {
		out[i].packets += here[i].packets;
		out[i].bytes += here[i].bytes;
	}
}
