/* waxseal ack, close, reopen: what a person decided about an incident. */
#include <inttypes.h>

#include "db/incident.h"
#include "monitor/command/command.h"
#include "monitor/log.h"

static int
set_state(const struct options *o, const char *state)
{
	char why[STORE_WHY_MAX];
	struct store *s = store_open(o->db, STORE_WRITE, why, sizeof(why));
	int status = STATUS_FAILED;

	if (s == NULL) {
		log_error("%s", why);
		return STATUS_FAILED;
	}
	switch (incident_set_state(s, o->id, state, o->note)) {
	case INCIDENT_CHANGED:
		log_note("incident %" PRId64 ": %s", o->id, state);
		status = STATUS_DONE;
		break;
	case INCIDENT_ABSENT:
		log_error("incident %" PRId64 ": there is none (waxseal incidents lists them)",
			  o->id);
		break;
	case INCIDENT_FAILED:
		log_error("%s", store_error(s));
		break;
	}
	store_close(s);
	return status;
}

int
command_ack(const struct options *o)
{
	return set_state(o, "acked");
}

int
command_close(const struct options *o)
{
	return set_state(o, "closed");
}

int
command_reopen(const struct options *o)
{
	return set_state(o, "open");
}
