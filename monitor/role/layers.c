/* How a role's sandbox came out; see layers.h. */
#include "monitor/role/layers.h"

#include <string.h>

#include "monitor/log.h"

void
layers_put(struct packer *p, const int error[LAYERS])
{
	struct layer_states states = {.count = LAYERS};

	for (size_t i = 0; i < LAYERS; i++)
		states.state[i] = (struct layer_state){(uint8_t)i, (uint16_t)error[i]};
	message_put_layers(p, &states);
}

const char *
layers_why(uint16_t error)
{
	switch (error) {
	case EPERM:
		return "takes root";
	case LAYERS_LEFT_OUT:
		return "the role's work needs it so";
	case ENOSYS:
		return "not in this kernel or build";
	default:
		return strerror(error);
	}
}

bool
layers_tell(const char *who, struct bytes body, struct layer_states *out)
{
	if (!message_get_layers(body, out))
		return false;
	for (size_t i = 0; i < out->count; i++) {
		const struct layer_state *s = &out->state[i];

		if (s->layer >= LAYERS)
			return false;
		if (s->error == 0)
			log_detail("%s: %s: in force", who, layer_name((enum layer)s->layer));
		else
			log_detail("%s: %s: missing: %s", who, layer_name((enum layer)s->layer),
				   layers_why(s->error));
	}
	return true;
}
