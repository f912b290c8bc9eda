/*
 * What takes the flags' values, for flag.c's table alone; and what those
 * takers share.
 *
 * A taker checks one value and puts it into struct options, or says what is
 * wrong with it and what would be right. It prints nothing and knows of no
 * other flag. A new one goes into the file of its subject, is named here after
 * its flag, and gets its row in flag.c.
 */
#ifndef MONITOR_FLAG_TAKE_H
#define MONITOR_FLAG_TAKE_H

#include "dissector/bytes.h"
#include "monitor/flag.h"

/* flag_filter.c: which rows a list or a report is of */
flag_taker take_since, take_until;
flag_taker take_kind, take_severity, take_state, take_outcome;
flag_taker take_client, take_server, take_domain, take_service_name;
flag_taker take_limit, take_incident, take_surge, take_all, take_sent, take_muted;

/* flag_watch.c: what is read, how, and who is asked; some are policy's, too */
flag_taker take_file, take_interface, take_expression, take_service, take_sensor;
flag_taker take_user, take_readers, take_memory, take_buffer, take_snaplen;
flag_taker take_gate, take_gate_flows;
flag_taker take_alerts, take_no_alerts;
flag_taker take_lookups, take_no_lookups, take_lookup_private;
flag_taker take_resolver, take_trust_resolver, take_ca_file, take_smart_host;
flag_taker take_fail_on, take_watch_json, take_progress;
flag_taker take_metrics, take_metrics_file;

/* flag_tlsrpt.c: reports of RFC 8460 */
flag_taker take_directory, take_gzip;
flag_taker take_contact_info, take_organization_name, take_submitter, take_report_id;

/* flag_mute.c: what is to be muted */
flag_taker take_mute_kind, take_mute_client, take_mute_server, take_mute_domain;
flag_taker take_mute_severity, take_mute_until, take_mute_why;

/* flag_retain.c: how long and how much is kept */
flag_taker take_before, take_keep_sessions, take_keep_evidence, take_keep_incidents, take_keep_size;

/*
 * Which word of a list value is, to *out; words yields the i-th, NULL at the
 * end. Where it is none, --option is refused with all of them named.
 */
bool flag_choose(struct taking *t, const char *option, const char *value,
		 const char *(*words)(size_t i), size_t *out);

/* A kind that is judged. */
bool flag_kind(struct taking *t, const char *value);

/* An address or a network. */
bool flag_network(struct taking *t, const char *option, const char *value, struct network *out);

/* A domain as it is stored, lower case and without a dot at its end, which lives as long as t->out;
 * NULL where it is none. */
const char *flag_domain(struct taking *t, const char *value);

/* What stands before an option in a message: nothing where it is a setting of a section. */
const char *flag_dashes(const struct taking *t);

/* The words of a list, for flag_choose and flag_words; NULL at the end. */
const char *flag_severity(size_t i);
const char *flag_kind_word(size_t i);
const char *flag_state_word(size_t i);
const char *flag_outcome_word(size_t i);
const char *flag_gate_word(size_t i);

/* A whole number from least to most; false for anything else. */
bool flag_number(const char *value, uint64_t least, uint64_t most, uint64_t *out);

/* A number of bytes, or of K, M or G (powers of 1024), of at least least; value is not empty. */
bool flag_size(const char *value, uint64_t least, uint64_t *out);

/* The service of this name; SERVICE_NONE where there is none. */
enum service flag_service(struct bytes name);

/* Whether value is one line of printable UTF-8, of at most so many bytes; else it is refused. */
bool flag_line(struct taking *t, const char *option, const char *value, size_t most);

/* Append to a list, which borrows word. False, and why filled, where memory is refused. */
bool flag_append(struct taking *t, struct words *list, const char *word);

#endif
