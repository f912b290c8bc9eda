/*
 * The table of doctor's checks: facts to diagnoses, each with what to do.
 *
 * Pure: a check reads struct facts and writes one diagnosis. What was not seen is
 * told as not known; it is never well and never wrong.
 */
#ifndef MONITOR_DOCTOR_CHECK_H
#define MONITOR_DOCTOR_CHECK_H

#include "monitor/doctor/facts.h"

#define DIAGNOSIS_TEXT 768

enum diagnosis_state {
	DIAGNOSIS_OK,
	DIAGNOSIS_NOTE, /* it does no harm as it is, and can be had better */
	DIAGNOSIS_UNKNOWN,
	DIAGNOSIS_WRONG
};

struct diagnosis {
	enum diagnosis_state state;
	char what[DIAGNOSIS_TEXT]; /* how it is */
	char todo[DIAGNOSIS_TEXT]; /* what to do; "" where nothing is */
};

struct check {
	const char *name;
	bool is_of_port; /* once for each interface; facts.port is that one */
	void (*judge)(const struct facts *f, struct diagnosis *out);
};

extern const struct check checks[];
extern const size_t check_count;

/* "ok", "note", "unknown", "wrong". */
const char *diagnosis_state_name(enum diagnosis_state state);

#endif
