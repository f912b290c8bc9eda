/* Packets to the readers of one interface; see steer.h. */
#include "monitor/capture/steer.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <bpf/bpf.h>

#include "monitor/capture/kernel_object.h"

/* Fragments are put together first, so that their ports are there to be seen. */
#define FLAGS PACKET_FANOUT_FLAG_DEFRAG

struct steer {
	struct bpf_object
	    *object; /* NULL: the kernel's hash; its tail calls hold while it is open */
	uint32_t linktype;
	int error;      /* why there is no object */
	bool has_begun; /* the group is there */
	uint16_t group; /* the kernel's number of it */
};

/* False, with errno. */
static bool
load(struct steer *s, uint32_t readers)
{
	uint32_t first = 0;

	s->object = kernel_object_open(steer_object, steer_object_len);
	return s->object && bpf_object__load(s->object) == 0 &&
	       bpf_map_update_elem(bpf_object__find_map_fd_by_name(s->object, "readers"), &first,
				   &readers, BPF_ANY) == 0 &&
	       steer_program(s) >= 0;
}

struct steer *
steer_new(uint32_t linktype, unsigned readers)
{
	struct steer *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->linktype = linktype;
	errno = ENOTSUP;
	if (load(s, readers))
		return s;
	s->error = errno;
	bpf_object__close(s->object);
	s->object = NULL;
	return s;
}

void
steer_free(struct steer *s)
{
	if (!s)
		return;
	bpf_object__close(s->object);
	free(s);
}

int
steer_program(const struct steer *s)
{
	return s->object ? kernel_object_live_entry(s->object, s->linktype) : -1;
}

int
steer_error(const struct steer *s)
{
	return s->error;
}

static bool
set_group(int socket, uint16_t group, uint32_t kind)
{
	uint32_t value = group | kind << 16;

	return setsockopt(socket, SOL_PACKET, PACKET_FANOUT, &value, sizeof(value)) == 0;
}

/* The kernel gives the first a number that no other program's group has. */
static bool
begin(struct steer *s, int socket, uint32_t kind)
{
	int program = steer_program(s);
	uint32_t value = 0;
	socklen_t len = sizeof(value);

	if (!set_group(socket, 0, kind | PACKET_FANOUT_FLAG_UNIQUEID) ||
	    getsockopt(socket, SOL_PACKET, PACKET_FANOUT, &value, &len) != 0)
		return false;
	s->group = (uint16_t)(value & UINT16_MAX);
	s->has_begun = true;
	return !s->object ||
	       setsockopt(socket, SOL_PACKET, PACKET_FANOUT_DATA, &program, sizeof(program)) == 0;
}

bool
steer_join(struct steer *s, int socket, char why[STEER_WHY_MAX])
{
	uint32_t kind = FLAGS | (s->object ? PACKET_FANOUT_EBPF : PACKET_FANOUT_HASH);

	why[0] = '\0';
	if (!(s->has_begun ? set_group(socket, s->group, kind) : begin(s, socket, kind))) {
		snprintf(why, STEER_WHY_MAX,
			 "cannot be shared among readers: %s (leave --readers out)",
			 strerror(errno));
		return false;
	}
	if (!s->object)
		snprintf(why, STEER_WHY_MAX,
			 "readers share by the outermost connection alone: %s: mail in tunnels may "
			 "be split between them (one reader sees all)",
			 strerror(s->error));
	return true;
}
