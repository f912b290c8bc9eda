/* Counting what is recorded; see record_count.h. */
#include "monitor/record_count.h"

uint64_t
record_count_sessions(const struct recorder_counts *c)
{
	return c->sessions_new + c->sessions_known + c->sessions_extended + c->sessions_behind;
}

/* What became of an incident that nobody is told of. */
static void
count_muted(struct recorder_counts *c, enum incident_event event)
{
	c->incidents_muted += event == INCIDENT_OPENED;
	c->incidents_touched += event != INCIDENT_OPENED && event != INCIDENT_UNTOUCHED;
}

static void
count_incident(struct recorder_counts *c, const struct finding_row *f, enum incident_event event)
{
	const struct kind *kind = judge_kind(f->kind);

	switch (event) {
	case INCIDENT_UNTOUCHED:
		break;
	case INCIDENT_OPENED:
		c->incidents_opened++;
		if (kind != NULL)
			c->opened[kind - judge_kinds][f->severity]++;
		break;
	case INCIDENT_RAISED:
		c->incidents_raised++;
		break;
	case INCIDENT_REOPENED:
		c->incidents_reopened++;
		break;
	case INCIDENT_TOUCHED:
		c->incidents_touched++;
		break;
	}
}

/* Of its incident, and of the surge that sums it up: that one is to be alerted in its place. */
static void
count_incidents(struct recorder_counts *c, const struct finding_row *f)
{
	if (f->mute_id != 0)
		count_muted(c, f->event);
	else
		count_incident(c, f, f->event);
	if (f->surge_id != 0 && f->surge_id != f->incident_id && f->surge_event != INCIDENT_TOUCHED)
		count_incident(c, f, f->surge_event);
}

void
record_count(struct recorder_counts *c, const struct session *s, const struct session_row *row,
	     const struct verdict *v)
{
	size_t i;

	/* What is under way is told again. */
	if (!s->is_under_way) {
		c->outcomes[v->outcome]++;
		for (i = 0; i < v->count; i++)
			c->findings[v->findings[i].severity]++;
		for (i = 0; i < row->finding_count; i++)
			c->muted[row->findings[i].severity] += row->findings[i].mute_id != 0;
	}
	for (i = 0; i < row->finding_count; i++)
		count_incidents(c, &row->findings[i]);
}

void
record_count_finding(struct recorder_counts *c, const struct finding_row *f)
{
	c->findings[f->severity]++;
	c->muted[f->severity] += f->mute_id != 0;
	count_incidents(c, f);
}
