/* What an alert is called, and which format a sink takes; see alert.h. */
#include "monitor/alert/alert.h"

#include "monitor/alert/render.h"

const char *
alert_event_name(enum alert_event event)
{
	switch (event) {
	case ALERT_OPENED:
		return "opened";
	case ALERT_RAISED:
		return "raised";
	case ALERT_REOPENED:
		return "reopened";
	case ALERT_CLOSED:
		return "closed";
	case ALERT_RENEWED:
		return "renewed";
	case ALERT_SUMMARY:
		return "summary";
	case ALERT_TEST:
		return "test";
	}
	return "test";
}

static bool
render_as(enum sink_format format, const struct rendering *r)
{
	switch (format) {
	case SINK_JSON:
		return render_json(r);
	case SINK_ECS:
		return render_ecs(r);
	case SINK_EVE:
		return render_eve(r);
	case SINK_ALERTMANAGER:
		return render_alertmanager(r);
	case SINK_CHAT:
		return render_chat(r);
	case SINK_RFC5424:
	case SINK_SYSLOG3:
		return render_syslog(r);
	}
	return false;
}

static bool
render(const struct rendering *r)
{
	switch (r->sink->type) {
	case SINK_NONE:
		return false;
	case SINK_SYSLOG:
		return render_syslog(r);
	case SINK_MAIL:
		return render_mail(r);
	case SINK_FILE:
	case SINK_WEBHOOK:
	case SINK_EXEC:
		return render_as(r->sink->format, r);
	}
	return false;
}

bool
alert_render(const struct alert *a, const struct sink *sink, const char *host, FILE *out)
{
	const struct rendering r = {a, sink, host, out};

	/* A stream into memory of fixed size tells only when it is flushed that it was too short.
	 */
	return render(&r) && fflush(out) == 0 && ferror(out) == 0;
}
