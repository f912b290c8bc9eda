/* Alerts into the outbox; see queue.h. */
#include "monitor/alert/queue.h"

_Static_assert((int)OUTBOX_OPENED == (int)ALERT_OPENED && (int)OUTBOX_RAISED == (int)ALERT_RAISED &&
		   (int)OUTBOX_REOPENED == (int)ALERT_REOPENED &&
		   (int)OUTBOX_CLOSED == (int)ALERT_CLOSED &&
		   (int)OUTBOX_RENEWED == (int)ALERT_RENEWED &&
		   (int)OUTBOX_SUMMARY == (int)ALERT_SUMMARY,
	       "events are stored by their numbers");

bool
queue_keeps_state(const struct sink *sink)
{
	return sink->type == SINK_WEBHOOK && sink->format == SINK_ALERTMANAGER;
}

/* What became of an incident as an event of an alert; false where it is none. */
static bool
event_of(enum incident_event became, enum outbox_event *out)
{
	switch (became) {
	case INCIDENT_OPENED:
		*out = OUTBOX_OPENED;
		return true;
	case INCIDENT_RAISED:
		*out = OUTBOX_RAISED;
		return true;
	case INCIDENT_REOPENED:
		*out = OUTBOX_REOPENED;
		return true;
	case INCIDENT_UNTOUCHED:
	case INCIDENT_TOUCHED:
		break;
	}
	return false;
}

/* The alert that a finding makes; false where it is no news. */
static bool
alert_of(const struct queue_case *c, struct outbox_alert *out)
{
	const struct finding_row *f = c->finding;
	const bool is_surge = f->surge_id != 0;

	*out = (struct outbox_alert){
	    .at = c->now,
	    .incident = is_surge ? f->surge_id : f->incident_id,
	    .severity = is_surge ? f->surge_severity : f->severity,
	    .before = is_surge ? f->surge_before : f->before,
	};
	return event_of(is_surge ? f->surge_event : f->event, &out->event);
}

bool
queue_finding(struct store *s, const struct sinks *sinks, const struct queue_case *c,
	      uint64_t *alerts)
{
	struct outbox_sink chosen[SINKS_MAX];
	struct outbox_alert alert;
	struct scope_case scope;
	size_t count = 0;

	if (c->finding->mute_id != 0 || !alert_of(c, &alert))
		return true;
	scope = (struct scope_case){.kind = c->finding->kind,
				    .client = c->session->client,
				    .server = c->session->server,
				    .domain = c->session->domain,
				    .severity = (enum severity)alert.severity};
	for (size_t i = 0; i < sinks->count && i < SINKS_MAX; i++)
		if (scope_holds(&sinks->at[i].scope, &scope))
			chosen[count++] = (struct outbox_sink){sinks->at[i].name,
							       queue_keeps_state(&sinks->at[i])};
	*alerts += count > 0;
	return outbox_add(s, &alert, c->sensor_id, chosen, count);
}
