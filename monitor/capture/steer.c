/* Packets to the readers of one interface; see steer.h. */
#include "monitor/capture/steer.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "monitor/capture/kernel_object.h"

struct steer {
	struct bpf_object *object; /* its tail calls hold only as long as it is open */
};

struct steer *
steer_load(void)
{
	struct steer *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->object = kernel_object_open(steer_object, steer_object_len);
	if (s->object && bpf_object__load(s->object) == 0)
		return s;
	steer_free(s);
	return NULL;
}

void
steer_free(struct steer *s)
{
	int error = errno;

	if (!s)
		return;
	bpf_object__close(s->object);
	free(s);
	errno = error;
}

int
steer_program(const struct steer *s, uint32_t linktype)
{
	return kernel_object_live_entry(s->object, linktype);
}

/* Fragments are put together first, so that their ports are there to be seen. */
static bool
join(int socket, uint16_t group, uint32_t kind)
{
	uint32_t value = group | (kind | PACKET_FANOUT_FLAG_DEFRAG) << 16;

	return setsockopt(socket, SOL_PACKET, PACKET_FANOUT, &value, sizeof(value)) == 0;
}

static bool
join_by_program(const struct steer *s, int socket, uint32_t linktype, uint16_t group)
{
	int program = steer_program(s, linktype);

	return program >= 0 && join(socket, group, PACKET_FANOUT_EBPF) &&
	       setsockopt(socket, SOL_PACKET, PACKET_FANOUT_DATA, &program, sizeof(program)) == 0;
}

bool
steer_join(int socket, uint32_t linktype, uint16_t group, struct steer **out,
	   char why[STEER_WHY_MAX])
{
	int error;

	why[0] = '\0';
	*out = steer_load();
	if (*out && join_by_program(*out, socket, linktype, group))
		return true;
	error = errno;
	steer_free(*out);
	*out = NULL;
	if (join(socket, group, PACKET_FANOUT_HASH)) {
		snprintf(why, STEER_WHY_MAX,
			 "readers share by the outermost connection alone: %s: mail in tunnels may "
			 "be split between them (one reader sees all)",
			 strerror(error));
		return true;
	}
	snprintf(why, STEER_WHY_MAX, "cannot be shared among readers: %s (leave --readers out)",
		 strerror(errno));
	return false;
}
