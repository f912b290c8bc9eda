/*
 * Mutes: what is known, and so alarms nobody: inspection devices, scanners,
 * relays of one's own. From the configuration's [mute NAME], or added by command.
 *
 * What is muted is recorded like anything else; a mute keeps it from being told.
 * Pure: checked settings and what they hold against; opens nothing, asks no clock.
 */
#ifndef MONITOR_ALERT_MUTE_H
#define MONITOR_ALERT_MUTE_H

#include "db/mute.h"
#include "monitor/alert/scope.h"

#define MUTES_MAX    1000 /* of a configuration, and as many added by command; more are refused */
#define MUTE_WHY_MAX 200  /* bytes of why */

struct mute {
	int64_t id;       /* in the database; 0: it is not there yet */
	const char *name; /* of its section; NULL: added by command */
	struct scope scope;
	struct words clients, servers; /* of scope, as they were given */
	enum severity severity;        /* what is worse is told all the same */
	int64_t until;                 /* microseconds; INT64_MAX: never ends */
	const char *why;
	char *text; /* owned: what the words of one from the database stand in; NULL: none */
};

struct mutes {
	struct mute *at;
	size_t count, room;
};

/* A mute of everything, which is not sound until it is limited. */
#define MUTE_ALL ((struct mute){.severity = SEVERITY_CRITICAL, .until = INT64_MAX})

/* What is wrong with it as a whole; NULL: nothing. */
const char *mute_fault(const struct mute *m);

/*
 * The first under which a finding falls whose session began at that time; NULL: none.
 * Borrowed from the list.
 */
const struct mute *mutes_find(const struct mutes *all, const struct scope_case *c, int64_t start);

/* Room for one more; NULL where memory is out. */
struct mute *mutes_add(struct mutes *all);

#define MUTE_LIST_MAX 8192 /* bytes of a list of words as stored, NUL included */

/*
 * As a row. Lists are written to room, which lives as long as the row is used; false where one
 * does not fit.
 */
struct mute_text {
	char kinds[MUTE_LIST_MAX], clients[MUTE_LIST_MAX], servers[MUTE_LIST_MAX],
	    domains[MUTE_LIST_MAX];
};
bool mute_row_of(const struct mute *m, struct mute_text *room, struct mute_row *out);

/*
 * From a row, all copied. False where memory is out, or where it is not as mute_row_of
 * writes it: such a one must not mute more than was meant. *out is then empty.
 */
bool mute_of_row(const struct mute_row *row, struct mute *out);

void mute_free(struct mute *m);
void mutes_free(struct mutes *all); /* what it owns, but not all itself */

/* ---- Settings: of a section, and likewise of the command that adds one ---- */

extern const struct section_kind mute_section;

bool mute_take_kind(struct taking *t, struct mute *m, const char *value);
bool mute_take_client(struct taking *t, struct mute *m, const char *value);
bool mute_take_server(struct taking *t, struct mute *m, const char *value);
bool mute_take_domain(struct taking *t, struct mute *m, const char *value);
bool mute_take_severity(struct taking *t, struct mute *m, const char *value);
bool mute_take_until(struct taking *t, struct mute *m, const char *value);
bool mute_take_why(struct taking *t, struct mute *m, const char *value);

#endif
