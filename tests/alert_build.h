/* An alert as an incident makes it, a hostile one, and what sinks are sent of them. */
#ifndef TESTS_ALERT_BUILD_H
#define TESTS_ALERT_BUILD_H

#include <stdlib.h>
#include <string.h>

#include "monitor/alert/alert.h"

/* 2026-03-09T09:07:00.006760Z, a Monday. */
#define BUILD_AT INT64_C(1773047220006760)

static inline struct alert
build_alert(void)
{
	return (struct alert){
	    .id = 7,
	    .event = ALERT_OPENED,
	    .at = BUILD_AT,
	    .sensor = "tap1",
	    .incident = 3,
	    .incident_json = "{\"id\":3,\"kind\":\"starttls-stripped\",\"note\":null}",
	    .kind = "starttls-stripped",
	    .state = "open",
	    .certainty = "probable",
	    .where = "server-side",
	    .severity = SEVERITY_CRITICAL,
	    .first_seen = BUILD_AT - INT64_C(300000000),
	    .last_seen = BUILD_AT,
	    .sessions = 4,
	    .client = "192.0.2.7",
	    .server = "198.51.100.25",
	    .server_port = 25,
	    .service = "smtp",
	    .domain = "example.net",
	    .mx = "mx1.example.net",
	    .community_id = "1:wCb3OG7yAFWelaUydu0D+125CLM=",
	    .summary = "192.0.2.7 to 198.51.100.25:25: the EHLO reply did not offer STARTTLS.",
	    .refuted_by = "The same reply next to the server.",
	    .advice = "Find the device between them.",
	    .reference = "RFC 3207 section 6",
	    .evidence = {{"offered to this client", "in 7 of 7 sessions"},
			 {"captured", "both directions, 0 bytes missing"}},
	    .evidence_count = 2,
	};
}

/* What is sent; NULL where it was refused. To be freed. */
static inline char *
build_rendered(const struct alert *a, const struct sink *sink)
{
	char *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);
	bool is_written;

	if (out == NULL)
		return NULL;
	is_written = alert_render(a, sink, "tap.example.org", out);
	if (fclose(out) == 0 && is_written && strlen(text) == length)
		return text;
	free(text);
	return NULL;
}

#endif
