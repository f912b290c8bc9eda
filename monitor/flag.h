/*
 * The table of flags: name, letter, value, what takes it, what it does to
 * struct options, one line of help.
 *
 * One row serves the command line, the configuration file and --help alike.
 * Private to what reads options, help.c and completion/. Checks each value by itself; what
 * flags mean together is options_check.h's. What takes the values is in flag_take.h.
 */
#ifndef MONITOR_FLAG_H
#define MONITOR_FLAG_H

#include "monitor/options.h"

/* Which commands take a flag; a command's row has those of all its flags. */
#define FLAG_GLOBAL  0x001u /* all, and before the command */
#define FLAG_WATCH   0x002u
#define FLAG_LIST    0x004u /* lists of sessions and of incidents */
#define FLAG_SESSION 0x008u /* lists of sessions */
#define FLAG_SURGES  0x010u /* the list of incidents */
#define FLAG_JSON    0x020u
#define FLAG_CSV     0x040u
#define FLAG_NOTE    0x080u
#define FLAG_OUTPUT  0x100u
#define FLAG_PRUNE   0x200u
#define FLAG_SERVERS 0x400u /* the list of servers */
#define FLAG_REPORT  0x800u
#define FLAG_POLICY  0x1000u /* look-ups of one domain */
#define FLAG_ALERT   0x2000u /* the list of alerts */
#define FLAG_DOCTOR  0x4000u
#define FLAG_MUTE    0x8000u /* what is muted */

/* Where a value comes from; a later one replaces what an earlier one listed. */
enum flag_source { SOURCE_DEFAULT, SOURCE_CONFIG, SOURCE_COMMAND_LINE };

/* One reading of the command line. */
struct taking {
	struct options *out;
	char *why;   /* OPTIONS_WHY_MAX bytes */
	int64_t now; /* for spans of time */
	enum flag_source source;
	const char *place;  /* "FILE:LINE: " of the configuration, kept; "" on the command line */
	bool is_in_section; /* of the configuration file: settings there are no options */
	bool wants_help, wants_version;
	bool has_command; /* the word that names the command was passed */
	bool has_format;
	const char *config; /* --config; NULL: the default */
	enum flag_source service_from[SERVICES], interfaces_from, gate_from;
	enum flag_source lookups_from, resolvers_from, smart_hosts_from, metrics_from;
	struct retain_limits keep[SOURCE_COMMAND_LINE + 1]; /* by source; LIMIT_UNSET: not given */
};

/* Takes one value of a flag, or NULL where it has none; false: why is filled. */
typedef bool flag_taker(struct taking *t, const char *value);

struct flag {
	const char *name;  /* without its dashes */
	char letter;       /* 0: none */
	const char *value; /* its name in help; NULL: it takes none */
	uint32_t groups;
	bool is_setting; /* may stand in the configuration file */
	flag_taker *take;
	const char *help;
};

extern const struct flag flags[];
extern const size_t flag_count;

/*
 * By name (of length bytes, without dashes) or letter; NULL where there is
 * none. Where commands share a name, the row of these groups.
 */
const struct flag *flag_find(const char *name, size_t length, uint32_t groups);
const struct flag *flag_find_letter(char letter, uint32_t groups);

/* What the value of a flag is one of: the i-th word, NULL at the end. NULL: no list of words. */
typedef const char *flag_word_list(size_t i);
flag_word_list *flag_words(const struct flag *f);

/* What is wrong, to t->why. Returns false, so that a caller can return it. */
bool flag_refuse(struct taking *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A copy that lives as long as t->out; NULL, and why filled, where memory is refused. */
char *flag_keep(struct taking *t, const char *text, size_t length);

#endif
