/* The table of flags, how it is searched, and the flags that are no one subject's; see flag.h. */
#include "monitor/flag.h"

#include <string.h>

#include "monitor/flag_take.h"

#define NOTE_TEXT_MAX 4096 /* bytes of a note to an incident */

static bool
take_help(struct taking *t, const char *value)
{
	(void)value;
	t->wants_help = true;
	return true;
}

static bool
take_version(struct taking *t, const char *value)
{
	(void)value;
	t->wants_version = true;
	return true;
}

static bool
take_verbose(struct taking *t, const char *value)
{
	(void)value;
	t->out->verbosity = t->out->verbosity < 0 ? 1 : t->out->verbosity + 1;
	return true;
}

static bool
take_quiet(struct taking *t, const char *value)
{
	(void)value;
	t->out->verbosity = -1;
	return true;
}

static bool
take_db(struct taking *t, const char *value)
{
	t->out->db = value;
	t->out->has_db = t->source == SOURCE_COMMAND_LINE;
	return true;
}

static bool
take_config(struct taking *t, const char *value)
{
	t->config = value;
	return true;
}

/* In the order of enum format. */
static const char *const formats[] = {"table", "json", "csv", "html", "tlsrpt", "ecs", "eve"};

static const char *
report_word(size_t i)
{
	return i <= FORMAT_TLSRPT ? formats[i] : NULL;
}

static const enum format list_formats[] = {FORMAT_TABLE, FORMAT_JSON, FORMAT_CSV, FORMAT_ECS,
					   FORMAT_EVE};

static const char *
list_word(size_t i)
{
	return i < sizeof(list_formats) / sizeof(list_formats[0]) ? formats[list_formats[i]] : NULL;
}

static bool
set_format(struct taking *t, enum format format)
{
	if (t->has_format && t->out->format != format)
		return flag_refuse(t, "--%s and --%s exclude each other", formats[t->out->format],
				   formats[format]);
	t->has_format = true;
	t->out->format = format;
	return true;
}

static bool
take_json(struct taking *t, const char *value)
{
	(void)value;
	return set_format(t, FORMAT_JSON);
}

static bool
take_csv(struct taking *t, const char *value)
{
	(void)value;
	return set_format(t, FORMAT_CSV);
}

static bool
take_format(struct taking *t, const char *value)
{
	size_t chosen;

	return flag_choose(t, "format", value, report_word, &chosen) &&
	       set_format(t, (enum format)chosen);
}

static bool
take_list_format(struct taking *t, const char *value)
{
	size_t chosen;

	return flag_choose(t, "format", value, list_word, &chosen) &&
	       set_format(t, list_formats[chosen]);
}

static bool
take_note(struct taking *t, const char *value)
{
	t->out->note = value;
	return flag_line(t, "note", value, NOTE_TEXT_MAX);
}

static bool
take_output(struct taking *t, const char *value)
{
	t->out->output = value;
	return true;
}

/* In the order of --help. A flag of two commands that means two things has two rows. */
const struct flag flags[] = {
    {"read", 'r', "FILE", FLAG_WATCH, false, take_file,
     "read a saved capture; several may follow; - is standard input"},
    {"interface", 'i', "IFACE", FLAG_WATCH, true, take_interface,
     "capture live traffic; several may follow; any is all of them"},
    {"interface", 'i', "IFACE", FLAG_DOCTOR, false, take_interface,
     "look at this one, in place of those configured; several may follow"},
    {"filter", 'f', "EXPR", FLAG_WATCH, true, take_expression,
     "read only packets that this libpcap filter lets through"},
    {"service", 0, "NAME:PORT[,PORT...]", FLAG_WATCH, true, take_service,
     "ports of smtp, submission, submissions or lmtp, in place of its usual ones"},
    {"sensor", 0, "NAME", FLAG_WATCH, true, take_sensor, "name of this tap (default: default)"},
    {"fail-on", 0, "SEVERITY", FLAG_WATCH, false, take_fail_on,
     "exit 3 where a finding is this severe or worse"},
    {"json", 0, NULL, FLAG_WATCH, false, take_watch_json,
     "print each finding as a line of JSON as it is made"},
    {"progress", 0, NULL, FLAG_WATCH, false, take_progress, "show a bar on a terminal"},
    {"ca-file", 0, "FILE", FLAG_WATCH | FLAG_POLICY, true, take_ca_file,
     "certificates (PEM) that a server's chain may end in (default: the system's)"},
    {"memory", 0, "SIZE", FLAG_WATCH, true, take_memory,
     "memory for sessions under way, at least 8M (default: 256M)"},
    {"user", 0, "NAME", FLAG_WATCH, true, take_user,
     "user that parses, where root starts it (default: waxseal, else nobody)"},
    {"readers", 0, "N", FLAG_WATCH, true, take_readers,
     "processes that parse each interface's traffic (default: 1; a saved capture has one)"},
    {"buffer", 0, "SIZE", FLAG_WATCH, true, take_buffer,
     "room for live packets that wait, of each reader, 1M to 1G (default: 32M)"},
    {"gate", 0, "auto|ebpf|none", FLAG_WATCH, true, take_gate,
     "where packets that need no reading are dropped (default: auto)"},
    {"gate-flows", 0, "N", FLAG_WATCH, true, take_gate_flows,
     "connections whose packets the gate drops at once (default: 65536)"},
    {"snaplen", 0, "N", FLAG_WATCH, true, take_snaplen,
     "bytes read of each packet (default: 262144)"},
    {"lookups", 0, NULL, FLAG_WATCH, true, take_lookups,
     "look the policies of recipients' domains up (the default for -i)"},
    {"no-lookups", 0, NULL, FLAG_WATCH, false, take_no_lookups,
     "look no policies up (the default for -r)"},
    {"no-lookups", 0, NULL, FLAG_POLICY, false, take_no_lookups,
     "ask no resolver: what is known already is told"},
    {"alerts", 0, NULL, FLAG_WATCH, false, take_alerts,
     "alert the configured sinks (the default for -i)"},
    {"no-alerts", 0, NULL, FLAG_WATCH, false, take_no_alerts, "alert nobody (the default for -r)"},
    {"resolver", 0, "ADDR[:PORT]", FLAG_WATCH | FLAG_POLICY, true, take_resolver,
     "name server for look-ups; several may follow (default: resolv.conf's)"},
    {"trust-resolver", 0, NULL, FLAG_WATCH | FLAG_POLICY, true, take_trust_resolver,
     "believe on DNSSEC resolvers, too, that are not on this machine"},
    {"lookup-private", 0, NULL, FLAG_WATCH | FLAG_POLICY, true, take_lookup_private,
     "fetch policies from private and local addresses, too"},
    {"smart-host", 0, "NAME|ADDR[/N]", FLAG_WATCH, true, take_smart_host,
     "relay that clients hand all of their mail to; several may follow"},
    {"metrics", 0, "ADDR:PORT|PATH", FLAG_WATCH, true, take_metrics,
     "serve metrics to Prometheus here: 127.0.0.1:9725, or a Unix socket"},
    {"metrics-file", 0, "FILE", FLAG_WATCH, true, take_metrics_file,
     "write them to this file, NAME.prom, for node_exporter's textfile collector"},
    {"format", 0, "FORMAT", FLAG_REPORT, false, take_format,
     "table, json (lines), csv, html: one page that needs nothing else; or tlsrpt: files"},
    {"directory", 0, "DIR", FLAG_REPORT, false, take_directory,
     "tlsrpt: the folder of the files, one for each domain and day (RFC 8460)"},
    {"gzip", 0, NULL, FLAG_REPORT, false, take_gzip, "tlsrpt: compress them"},
    {"contact-info", 0, "ADDRESS", FLAG_REPORT, true, take_contact_info,
     "tlsrpt: mail address of who is responsible for the reports"},
    {"organization-name", 0, "TEXT", FLAG_REPORT, true, take_organization_name,
     "tlsrpt: whose reports they are (default: the submitter)"},
    {"submitter", 0, "DOMAIN", FLAG_REPORT, true, take_submitter,
     "tlsrpt: domain that the files are named for (default: that of the address)"},
    {"report-id", 0, "TEXT", FLAG_REPORT, true, take_report_id,
     "tlsrpt: what each report's id begins with (default: the submitter)"},
    {"since", 0, "TIME", FLAG_LIST | FLAG_SERVERS | FLAG_REPORT, false, take_since,
     "from this time on: RFC 3339, or 2h, 7d ago"},
    {"until", 0, "TIME", FLAG_LIST | FLAG_SERVERS | FLAG_REPORT, false, take_until,
     "up to this time"},
    {"before", 0, "TIME", FLAG_PRUNE, false, take_before,
     "prune: what ended before this: RFC 3339, or 7d, 52w ago"},
    {"keep-sessions", 0, "SPAN", FLAG_WATCH, true, take_keep_sessions,
     "how long sessions are kept: 36h, 30d, 2y, never (default with -i: 30d; -r: never)"},
    {"keep-evidence", 0, "SPAN", FLAG_WATCH, true, take_keep_evidence,
     "the same of the lines and packets of incidents (90d; never)"},
    {"keep-incidents", 0, "SPAN", FLAG_WATCH, true, take_keep_incidents,
     "the same of incidents, since last seen (2y; never)"},
    {"keep-size", 0, "SIZE", FLAG_WATCH, true, take_keep_size,
     "the oldest go where the database needs more (default with -i: 10G; -r: never)"},
    {"keep-sessions", 0, "SPAN", FLAG_PRUNE, false, take_keep_sessions,
     "prune: sessions that ended longer ago: 36h, 30d, 2y, never"},
    {"keep-evidence", 0, "SPAN", FLAG_PRUNE, false, take_keep_evidence,
     "prune: likewise the lines and packets of incidents"},
    {"keep-incidents", 0, "SPAN", FLAG_PRUNE, false, take_keep_incidents,
     "prune: likewise incidents, since last seen"},
    {"keep-size", 0, "SIZE", FLAG_PRUNE, false, take_keep_size,
     "prune: the oldest where the database needs more; without any of these what the "
     "configuration has"},
    {"kind", 0, "KIND", FLAG_LIST, false, take_kind, "of this kind, as starttls-masked"},
    {"severity", 0, "SEVERITY", FLAG_LIST, false, take_severity,
     "info, notice, warning, critical: that or worse"},
    {"state", 0, "STATE", FLAG_LIST, false, take_state, "open, acked or closed"},
    {"outcome", 0, "OUTCOME", FLAG_LIST, false, take_outcome,
     "encrypted, plaintext, tls-failed, no-mail or partial"},
    {"incident", 0, "ID", FLAG_SESSION, false, take_incident, "of this incident"},
    {"all", 0, NULL, FLAG_SURGES, false, take_all, "those, too, that another incident sums up"},
    {"all", 0, NULL, FLAG_ALERT, false, take_sent, "list: what was sent or summed up, too"},
    {"muted", 0, NULL, FLAG_SURGES, false, take_muted, "those, too, that are muted"},
    {"surge", 0, "ID", FLAG_SURGES, false, take_surge, "those that this incident sums up"},
    {"client", 0, "ADDR[/N]", FLAG_LIST | FLAG_SERVERS | FLAG_REPORT, false, take_client,
     "of this client or network"},
    {"server", 0, "ADDR[/N]", FLAG_LIST | FLAG_SERVERS | FLAG_REPORT, false, take_server,
     "of this server or network"},
    {"domain", 0, "DOMAIN", FLAG_LIST | FLAG_SERVERS | FLAG_REPORT, false, take_domain,
     "of this domain; .example.net: and its subdomains"},
    {"kind", 0, "KIND", FLAG_MUTE, false, take_mute_kind,
     "add: of this kind alone, as starttls-masked; several may follow"},
    {"client", 0, "ADDR[/N]", FLAG_MUTE, false, take_mute_client,
     "add: of this client or network alone; likewise"},
    {"server", 0, "ADDR[/N]", FLAG_MUTE, false, take_mute_server,
     "add: of this server or network alone; likewise"},
    {"domain", 0, "DOMAIN", FLAG_MUTE, false, take_mute_domain,
     "add: of this domain alone; .example.net: and its subdomains; likewise"},
    {"severity", 0, "SEVERITY", FLAG_MUTE, false, take_mute_severity,
     "add: up to this one; what is worse is told (default: critical)"},
    {"until", 0, "TIME", FLAG_MUTE, false, take_mute_until,
     "add: RFC 3339: what begins later is told; or never (the default)"},
    {"why", 0, "TEXT", FLAG_MUTE, false, take_mute_why,
     "add: what it is, and who decided so; needed"},
    {"service", 0, "NAME", FLAG_REPORT, false, take_service_name,
     "of smtp, submission, submissions or lmtp alone"},
    {"limit", 0, "N", FLAG_REPORT, false, take_limit, "at most N of each list (default: 10)"},
    {"limit", 0, "N", FLAG_LIST | FLAG_SERVERS | FLAG_ALERT, false, take_limit,
     "at most N, the latest"},
    {"format", 0, "FORMAT", FLAG_LIST, false, take_list_format,
     "table, json (lines), csv; or lines of JSON for a SIEM: ecs (Elastic Common Schema), eve "
     "(as Suricata's)"},
    {"json", 0, NULL, FLAG_JSON, false, take_json, "print JSON Lines"},
    {"csv", 0, NULL, FLAG_CSV, false, take_csv, "print CSV"},
    {"note", 0, "TEXT", FLAG_NOTE, false, take_note, "why, kept with the incident"},
    {"write", 'w', "FILE", FLAG_OUTPUT, false, take_output,
     "write the capture to this file; - is standard output"},
    {"db", 0, "FILE", FLAG_GLOBAL, true, take_db, "the database"},
    {"config", 0, "FILE", FLAG_GLOBAL, false, take_config,
     "settings (default: /etc/waxseal.conf where it exists)"},
    {"verbose", 'v', NULL, FLAG_GLOBAL, false, take_verbose, "say more"},
    {"quiet", 'q', NULL, FLAG_GLOBAL, false, take_quiet, "say only what failed"},
    {"help", 'h', NULL, FLAG_GLOBAL, false, take_help, "print this help"},
    {"version", 'V', NULL, FLAG_GLOBAL, false, take_version, "print the version"},
};

const size_t flag_count = sizeof(flags) / sizeof(flags[0]);

flag_word_list *
flag_words(const struct flag *f)
{
	static const struct {
		flag_taker *take;
		flag_word_list *words;
	} rows[] = {
	    {take_format, report_word},        {take_list_format, list_word},
	    {take_fail_on, flag_severity},     {take_severity, flag_severity},
	    {take_kind, flag_kind_word},       {take_state, flag_state_word},
	    {take_outcome, flag_outcome_word}, {take_gate, flag_gate_word},
	    {take_mute_kind, flag_kind_word},  {take_mute_severity, flag_severity},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].take == f->take)
			return rows[i].words;
	return NULL;
}

/* Of rows that fit one of this command is better than one that merely has the name. */
static const struct flag *
better(const struct flag *found, const struct flag *next, uint32_t groups)
{
	return found == NULL || (next->groups & groups) != 0 ? next : found;
}

const struct flag *
flag_find(const char *name, size_t length, uint32_t groups)
{
	const struct flag *found = NULL;

	for (size_t i = 0; i < flag_count; i++)
		if (strlen(flags[i].name) == length && memcmp(flags[i].name, name, length) == 0)
			found = better(found, &flags[i], groups);
	return found;
}

const struct flag *
flag_find_letter(char letter, uint32_t groups)
{
	const struct flag *found = NULL;

	for (size_t i = 0; i < flag_count; i++)
		if (flags[i].letter != 0 && flags[i].letter == letter)
			found = better(found, &flags[i], groups);
	return found;
}
