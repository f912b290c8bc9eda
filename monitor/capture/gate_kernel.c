/* The gate in the kernel; see gate_kernel.h. */
#include "monitor/capture/gate_kernel.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <bpf/bpf.h>

#include "dissector/gate_rules.h"
#include "monitor/capture/kernel_object.h"

struct gate_kernel {
	struct bpf_object *object;
	int settled, counts; /* maps; the object owns them */
	int processors;
	struct gate_count *per_processor; /* what one look-up in counts fills */
};

bool
gate_kernel_is_built(void)
{
	return gate_object_len > 0;
}

/* libbpf rounds nothing: a table that is too small for all processors evicts early, no more. */
static bool
load(struct gate_kernel *k, uint32_t flows)
{
	struct bpf_map *settled;

	k->object = kernel_object_open(gate_object, gate_object_len);
	if (!k->object)
		return false;
	settled = bpf_object__find_map_by_name(k->object, "settled");
	if (!settled || bpf_map__set_max_entries(settled, flows) != 0)
		return false;
	return bpf_object__load(k->object) == 0;
}

static bool
set_rules(const struct gate_kernel *k, const struct gate_kernel_config *config)
{
	struct gate_rules *rules = calloc(1, sizeof(*rules));
	int map = bpf_object__find_map_fd_by_name(k->object, "rules");
	uint32_t key = 0;
	bool is_set;

	if (!rules)
		return false;
	rules->snaplen = config->snaplen;
	gate_rules_watch(rules, config->service);
	is_set = bpf_map_update_elem(map, &key, rules, BPF_ANY) == 0;
	free(rules);
	return is_set;
}

/* Reads how many processors there may be, while files can still be opened. */
static bool
prepare_counts(struct gate_kernel *k)
{
	k->settled = bpf_object__find_map_fd_by_name(k->object, "settled");
	k->counts = bpf_object__find_map_fd_by_name(k->object, "counts");
	k->processors = libbpf_num_possible_cpus();
	if (k->processors <= 0)
		return false;
	k->per_processor = calloc((size_t)k->processors, sizeof(*k->per_processor));
	return k->per_processor != NULL;
}

struct gate_kernel *
gate_kernel_new(const struct gate_kernel_config *config)
{
	struct gate_kernel *k;
	int error;

	k = calloc(1, sizeof(*k));
	if (!k)
		return NULL;
	if (load(k, config->flows) && set_rules(k, config) && prepare_counts(k))
		return k;
	error = errno;
	gate_kernel_free(k);
	errno = error;
	return NULL;
}

void
gate_kernel_free(struct gate_kernel *k)
{
	if (!k)
		return;
	bpf_object__close(k->object);
	free(k->per_processor);
	free(k);
}

int
gate_kernel_program(const struct gate_kernel *k, uint32_t linktype)
{
	return kernel_object_entry(k->object, linktype);
}

int
gate_kernel_live_program(const struct gate_kernel *k, uint32_t linktype)
{
	return kernel_object_live_entry(k->object, linktype);
}

bool
gate_kernel_attach(const struct gate_kernel *k, int socket, uint32_t linktype)
{
	int entry = gate_kernel_live_program(k, linktype);

	if (entry < 0) {
		errno = EPROTONOSUPPORT;
		return false;
	}
	return setsockopt(socket, SOL_SOCKET, SO_ATTACH_BPF, &entry, sizeof(entry)) == 0;
}

bool
gate_kernel_mark(const struct gate_kernel *k, const struct flow_key *key)
{
	static const struct gate_count none;

	return bpf_map_update_elem(k->settled, key, &none, BPF_NOEXIST) == 0 || errno == EEXIST;
}

bool
gate_kernel_forget(const struct gate_kernel *k, const struct flow_key *key)
{
	return bpf_map_delete_elem(k->settled, key) == 0;
}

bool
gate_kernel_flow(const struct gate_kernel *k, const struct flow_key *key, struct gate_count *out)
{
	return bpf_map_lookup_elem(k->settled, key, out) == 0;
}

bool
gate_kernel_counts(const struct gate_kernel *k, struct gate_count out[GATE_VERDICTS])
{
	for (uint32_t verdict = 0; verdict < GATE_VERDICTS; verdict++) {
		if (bpf_map_lookup_elem(k->counts, &verdict, k->per_processor) != 0)
			return false;
		out[verdict] = (struct gate_count){0};
		for (int i = 0; i < k->processors; i++) {
			out[verdict].packets += k->per_processor[i].packets;
			out[verdict].bytes += k->per_processor[i].bytes;
		}
	}
	return true;
}
