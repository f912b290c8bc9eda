/* How a role's sandbox came out, from the role to the keeper and into its log's details. */
#ifndef MONITOR_ROLE_LAYERS_H
#define MONITOR_ROLE_LAYERS_H

#include <errno.h>

#include "monitor/role/message.h"

/* In place of an errno: a layer that the role cannot have and do its work. */
#define LAYERS_LEFT_OUT ECANCELED

/* A message of what sandbox_approach and sandbox_enter gave. */
void layers_put(struct packer *p, const int error[LAYERS]);

/* Read a body and tell of it; who: "checker". False where it is bad. */
bool layers_tell(const char *who, struct bytes body, struct layer_states *out);

/* Why a layer is not in force. */
const char *layers_why(uint16_t error);

#endif
