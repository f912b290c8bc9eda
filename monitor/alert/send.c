/* What all ways of sending have in common; see send.h. */
#include "monitor/alert/send.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "monitor/alert/send_file.h"
#include "monitor/alert/send_run.h"
#include "monitor/alert/send_syslog.h"
#include "monitor/alert/send_webhook.h"

const struct send_way *
send_way_of(const struct sink *s)
{
	switch (s->type) {
	case SINK_FILE:
		return &send_file;
	case SINK_SYSLOG:
		return &send_syslog;
	case SINK_WEBHOOK:
		return &send_webhook;
	case SINK_EXEC:
	case SINK_MAIL:
		return &send_run;
	case SINK_NONE:
		break;
	}
	return NULL;
}

bool
send_takes_program(const struct sink *s)
{
	return s->type == SINK_EXEC || s->type == SINK_MAIL;
}

/* Words of libraries and servers may be in it. */
static void
make_printable(char *text)
{
	for (; *text != '\0'; text++)
		if (*text < ' ' || *text > '~')
			*text = '?';
}

static void
finish(struct send *s, enum dispatched how, const char *why, va_list arguments)
{
	s->outcome.how = how;
	s->outcome.why[0] = '\0';
	if (why != NULL)
		vsnprintf(s->outcome.why, sizeof(s->outcome.why), why, arguments);
	make_printable(s->outcome.why);
	s->is_busy = false;
	s->descriptor = -1;
	s->wake = 0;
	free((void *)(uintptr_t)s->payload.at);
	s->payload = (struct bytes){0};
}

void
send_finish(struct send *s, enum dispatched how, const char *why, ...)
{
	va_list arguments;

	va_start(arguments, why);
	finish(s, how, why, arguments);
	va_end(arguments);
}

void
send_finish_stale(struct send *s, const char *why, ...)
{
	va_list arguments;

	s->outcome.wants_renewal = true;
	va_start(arguments, why);
	finish(s, DISPATCH_LATER, why, arguments);
	va_end(arguments);
}
