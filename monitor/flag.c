/* The table of flags; see flag.h. */
#include "monitor/flag.h"

#include "monitor/capture/gate.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dissector/dissector.h"
#include "dissector/text.h"
#include "monitor/limit.h"
#include "monitor/moment.h"
#include "monitor/policy/dns.h"
#include "monitor/utf8.h"

#define SENSOR_MAX    64                  /* bytes of a sensor's name */
#define DOMAIN_MAX    254                 /* RFC 1035 section 2.3.4, and a leading dot */
#define SIZE_LARGEST  (UINT64_C(1) << 40) /* bytes; more is a slip */
#define NOTE_TEXT_MAX 4096                /* bytes of a note to an incident */
#define KEEP_SIZE_MIN (UINT64_C(1) << 20) /* bytes; counts alone take some */
#define WORD_MAX      32                  /* longer words are near to none */

static struct bytes
view(const char *text)
{
	return (struct bytes){(const uint8_t *)text, strlen(text)};
}

bool
flag_refuse(struct taking *t, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(t->why, OPTIONS_WHY_MAX, format, arguments);
	va_end(arguments);
	return false;
}

/* How many letters must be put in, left out or changed; both at most WORD_MAX long. */
static size_t
distance(const char *a, const char *b)
{
	size_t row[WORD_MAX + 1];
	const size_t width = strlen(b);

	for (size_t j = 0; j <= width; j++)
		row[j] = j;
	for (size_t i = 0; a[i] != '\0'; i++) {
		size_t diagonal = row[0];

		row[0] = i + 1;
		for (size_t j = 0; j < width; j++) {
			const size_t above = row[j + 1];
			size_t least = diagonal + (a[i] != b[j]);

			if (above + 1 < least)
				least = above + 1;
			if (row[j] + 1 < least)
				least = row[j] + 1;
			diagonal = above;
			row[j + 1] = least;
		}
	}
	return row[width];
}

const char *
nearest_word(const char *typed, const char *(*words)(size_t i))
{
	const char *nearest = NULL, *word;
	size_t least = strlen(typed) / 3 + 1;

	if (strlen(typed) > WORD_MAX)
		return NULL;
	for (size_t i = 0; (word = words(i)) != NULL; i++) {
		size_t d;

		if (strlen(word) > WORD_MAX || (d = distance(typed, word)) > least)
			continue;
		if (nearest != NULL && d == least)
			continue;
		least = d;
		nearest = word;
	}
	return nearest;
}

static const char *
kind_word(size_t i)
{
	return i < judge_kind_count ? judge_kinds[i].name : NULL;
}

static const char *
severity_word(size_t i)
{
	return i <= SEVERITY_CRITICAL ? severity_name((enum severity)i) : NULL;
}

static const char *
outcome_word(size_t i)
{
	return i <= OUTCOME_PARTIAL ? outcome_name((enum outcome)i) : NULL;
}

static const char *
state_word(size_t i)
{
	static const char *const words[] = {"open", "acked", "closed", NULL};

	return words[i];
}

static const char *
gate_word(size_t i)
{
	static const char *const words[] = {"auto", "ebpf", "none", NULL};

	return words[i];
}

/* Which word of a list value is; refused with all of them named where it is none. */
static bool
choose(struct taking *t, const char *option, const char *value, const char *(*words)(size_t i),
       size_t *out)
{
	char all[OPTIONS_WHY_MAX / 2] = "";

	for (*out = 0; words(*out) != NULL; (*out)++) {
		if (strcmp(words(*out), value) == 0)
			return true;
		snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s%s",
			 *out == 0 ? "" : ", ", words(*out));
	}
	return flag_refuse(t, "--%s %s: unknown (one of: %s)", option, value, all);
}

static bool
whole_number(const char *value, uint64_t least, uint64_t most, uint64_t *out)
{
	return text_number(view(value), out) && *out >= least && *out <= most;
}

/* Append to a list; false where memory is refused. */
static bool
word_append(struct taking *t, struct words *list, const char *word)
{
	const char **grown = realloc(list->at, (list->count + 1) * sizeof(*list->at));

	if (grown == NULL)
		return flag_refuse(t, "out of memory");
	list->at = grown;
	list->at[list->count++] = word;
	return true;
}

char *
flag_keep(struct taking *t, const char *text, size_t length)
{
	char *copy = strndup(text, length);

	if (copy != NULL && word_append(t, &t->out->texts, copy))
		return copy;
	free(copy);
	flag_refuse(t, "out of memory");
	return NULL;
}

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

static bool
take_since(struct taking *t, const char *value)
{
	if (moment_parse(value, t->now, &t->out->filter.since))
		return true;
	return flag_refuse(t, "--since %s: not a time (2h, 7d, 2026-03-01 or 2026-03-01T12:00:00Z)",
			   value);
}

static bool
take_until(struct taking *t, const char *value)
{
	if (moment_parse(value, t->now, &t->out->filter.until))
		return true;
	return flag_refuse(t, "--until %s: not a time (2h, 7d, 2026-03-01 or 2026-03-01T12:00:00Z)",
			   value);
}

static bool
take_kind(struct taking *t, const char *value)
{
	const char *near;

	t->out->filter.kind = value;
	if (judge_kind(value) != NULL)
		return true;
	near = nearest_word(value, kind_word);
	if (near != NULL)
		return flag_refuse(t, "--kind %s: unknown (did you mean %s?)", value, near);
	return flag_refuse(t, "--kind %s: unknown (waxseal(8) lists the kinds)", value);
}

static bool
take_severity(struct taking *t, const char *value)
{
	size_t chosen;

	if (!choose(t, "severity", value, severity_word, &chosen))
		return false;
	t->out->filter.severity = (int)chosen;
	return true;
}

static bool
take_state(struct taking *t, const char *value)
{
	size_t chosen;

	t->out->filter.state = value;
	return choose(t, "state", value, state_word, &chosen);
}

static bool
take_outcome(struct taking *t, const char *value)
{
	size_t chosen;

	t->out->filter.outcome = value;
	return choose(t, "outcome", value, outcome_word, &chosen);
}

static bool
take_network(struct taking *t, const char *option, const char *value, struct network *out)
{
	if (network_of(value, out))
		return true;
	return flag_refuse(t, "--%s %s: not an address (192.0.2.7, 192.0.2.0/24 or 2001:db8::/32)",
			   option, value);
}

static bool
take_client(struct taking *t, const char *value)
{
	return take_network(t, "client", value, &t->out->filter.client);
}

static bool
take_server(struct taking *t, const char *value)
{
	return take_network(t, "server", value, &t->out->filter.server);
}

/* Stored domains are lower case ASCII without a dot at the end; so is what is asked for. */
static bool
take_domain(struct taking *t, const char *value)
{
	size_t length = strlen(value);
	char *domain;

	if (length > 1 && value[length - 1] == '.')
		length--;
	if (length > DOMAIN_MAX || (length == 1 && value[0] == '.'))
		return flag_refuse(t,
				   "--domain %.*s: not a domain (example.net, or .example.net "
				   "with its subdomains)",
				   DOMAIN_MAX, value);
	for (size_t i = 0; i < length; i++) {
		if ((uint8_t)value[i] > 0x7e)
			return flag_refuse(t,
					   "--domain %s: not ASCII (give it as it stands in "
					   "DNS, xn--...)",
					   value);
		if (value[i] <= ' ')
			return flag_refuse(t,
					   "--domain %s: not a domain (blank or control "
					   "character)",
					   value);
		if (value[i] == '@')
			return flag_refuse(t,
					   "--domain %s: an address (no local part is stored: "
					   "give what follows the @)",
					   value);
	}
	domain = flag_keep(t, value, length);
	if (domain == NULL)
		return false;
	for (size_t i = 0; i < length; i++)
		domain[i] = (char)text_lower((uint8_t)domain[i]);
	t->out->filter.domain = domain;
	return true;
}

static bool
take_limit(struct taking *t, const char *value)
{
	uint64_t number;

	if (!whole_number(value, 1, INT64_MAX, &number))
		return flag_refuse(t, "--limit %s: not a number from 1 up", value);
	t->out->filter.limit = (int64_t)number;
	return true;
}

static bool
take_id(struct taking *t, const char *flag, const char *value, int64_t *out)
{
	uint64_t number;

	if (!whole_number(value, 1, INT64_MAX, &number))
		return flag_refuse(t,
				   "--%s %s: not the id of an incident (waxseal incidents "
				   "lists them)",
				   flag, value);
	*out = (int64_t)number;
	return true;
}

static bool
take_incident(struct taking *t, const char *value)
{
	return take_id(t, "incident", value, &t->out->filter.incident);
}

static bool
take_surge(struct taking *t, const char *value)
{
	return take_id(t, "surge", value, &t->out->filter.surge);
}

static bool
take_all(struct taking *t, const char *value)
{
	(void)value;
	t->out->filter.with_parts = true;
	return true;
}

static const char *
format_word(size_t i)
{
	static const char *const words[] = {"table", "json", "csv", "html", NULL};

	return words[i];
}

static bool
set_format(struct taking *t, enum format format)
{
	if (t->has_format && t->out->format != format)
		return flag_refuse(t, "--%s and --%s exclude each other",
				   format_word(t->out->format), format_word(format));
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

	return choose(t, "format", value, format_word, &chosen) &&
	       set_format(t, (enum format)chosen);
}

/* The length of the printable character at the front of text; 0 where there is none. */
static size_t
character_length(struct bytes text)
{
	/* The controls of C1, to a terminal the same as others. */
	if (text.len > 1 && text.at[0] == 0xc2 && text.at[1] < 0xa0)
		return 0;
	return utf8_character(text);
}

static bool
take_note(struct taking *t, const char *value)
{
	struct bytes rest = {(const uint8_t *)value, strlen(value)};

	for (size_t length; rest.len > 0; rest = bytes_after(rest, length)) {
		length = character_length(rest);
		if (length == 0)
			return flag_refuse(t, "--note: not one line of printable UTF-8 text");
	}
	if (strlen(value) > NOTE_TEXT_MAX)
		return flag_refuse(t, "--note: longer than %d bytes", NOTE_TEXT_MAX);
	t->out->note = value;
	return true;
}

static bool
take_output(struct taking *t, const char *value)
{
	t->out->output = value;
	return true;
}

static bool
take_file(struct taking *t, const char *value)
{
	const struct words *files = &t->out->watch.files;

	for (size_t i = 0; strcmp(value, "-") == 0 && i < files->count; i++)
		if (strcmp(files->at[i], "-") == 0)
			return flag_refuse(t, "-r -: standard input can be read only once");
	return word_append(t, &t->out->watch.files, value);
}

static bool
take_expression(struct taking *t, const char *value)
{
	t->out->watch.expression = value;
	return true;
}

static enum service
service_of(struct bytes name)
{
	for (unsigned s = SERVICE_SMTP; s < SERVICES; s++)
		if (bytes_equal(name, view(service_name((enum service)s))))
			return (enum service)s;
	return SERVICE_NONE;
}

/* Of what a report is. */
static bool
take_service_name(struct taking *t, const char *value)
{
	t->out->service = value;
	if (service_of(view(value)) != SERVICE_NONE)
		return true;
	return flag_refuse(t, "--service %s: unknown (one of: smtp, submission, submissions, lmtp)",
			   value);
}

/* A list that comes from nearer to the person replaces the one from farther away. */
static void
begin_service(struct taking *t, enum service s)
{
	if (t->service_from[s] == t->source)
		return;
	for (size_t port = 0; port < 65536; port++)
		if (t->out->watch.service[port] == s)
			t->out->watch.service[port] = SERVICE_NONE;
	t->service_from[s] = t->source;
}

static bool
take_port(struct taking *t, enum service s, struct bytes digits)
{
	uint64_t port;
	uint8_t *slot;

	if (!text_number(digits, &port) || port < 1 || port > 65535)
		return flag_refuse(
		    t, "--service %s: '%.*s' is no port (1 to 65535, as in smtp:25,2525)",
		    service_name(s), (int)(digits.len > 32 ? 32 : digits.len),
		    (const char *)digits.at);
	slot = &t->out->watch.service[port];
	if (*slot != SERVICE_NONE && *slot != s)
		return flag_refuse(t,
				   "--service: port %u is given to %s and to %s (it can have one "
				   "service only)",
				   (unsigned)port, service_name((enum service) * slot),
				   service_name(s));
	*slot = (uint8_t)s;
	return true;
}

static bool
take_service(struct taking *t, const char *value)
{
	struct bytes rest = view(value);
	const size_t colon = bytes_find(rest, ':');
	const enum service s = service_of(bytes_first(rest, colon));

	if (s == SERVICE_NONE || colon == rest.len)
		return flag_refuse(t,
				   "--service %s: not NAME:PORT[,PORT...] (names: smtp, "
				   "submission, submissions, lmtp)",
				   value);
	begin_service(t, s);
	rest = bytes_after(rest, colon + 1);
	for (;;) {
		const size_t comma = bytes_find(rest, ',');

		if (!take_port(t, s, bytes_first(rest, comma)))
			return false;
		if (comma == rest.len)
			return true;
		rest = bytes_after(rest, comma + 1);
	}
}

static bool
take_readers(struct taking *t, const char *value)
{
	uint64_t number;

	if (!whole_number(value, 1, READERS_MAX, &number))
		return flag_refuse(t, "--readers %s: not a number from 1 to %d", value,
				   READERS_MAX);
	t->out->watch.readers = (unsigned)number;
	return true;
}

static bool
take_gate(struct taking *t, const char *value)
{
	size_t chosen;

	if (!choose(t, "gate", value, gate_word, &chosen))
		return false;
	t->out->watch.gate = (enum gate_choice)chosen;
	return true;
}

static bool
take_snaplen(struct taking *t, const char *value)
{
	uint64_t number;

	if (!whole_number(value, SNAPLEN_MIN, SNAPLEN_DEFAULT, &number))
		return flag_refuse(t, "--snaplen %s: not a number of bytes from %d to %d", value,
				   SNAPLEN_MIN, SNAPLEN_DEFAULT);
	t->out->watch.snaplen = (uint32_t)number;
	return true;
}

static bool
take_interface(struct taking *t, const char *value)
{
	if (strlen(value) >= LIVE_NAME_MAX)
		return flag_refuse(t, "-i %.64s...: no interface has so long a name", value);
	if (t->interfaces_from != t->source)
		t->out->watch.interfaces.count = 0;
	t->interfaces_from = t->source;
	return word_append(t, &t->out->watch.interfaces, value);
}

static bool
take_lookups(struct taking *t, const char *value)
{
	(void)value;
	t->out->watch.lookups = true;
	return true;
}

static bool
take_no_lookups(struct taking *t, const char *value)
{
	(void)value;
	t->out->watch.lookups = false;
	t->out->watch.no_lookups = true;
	return true;
}

static bool
take_resolver(struct taking *t, const char *value)
{
	struct words *list = &t->out->watch.resolvers;
	struct dns_resolver resolver;

	if (list->count == DNS_RESOLVERS_MAX)
		return flag_refuse(t, "--resolver: more than %d", DNS_RESOLVERS_MAX);
	if (!dns_resolver_read(value, &resolver))
		return flag_refuse(t,
				   "--resolver %.64s: not an address (192.0.2.53, "
				   "192.0.2.53:5353, [2001:db8::53]:5353)",
				   value);
	return word_append(t, list, value);
}

static bool
take_trust_resolver(struct taking *t, const char *value)
{
	(void)value;
	t->out->watch.trust_resolver = true;
	return true;
}

static bool
take_lookup_private(struct taking *t, const char *value)
{
	(void)value;
	t->out->watch.lookup_private = true;
	return true;
}

static bool
take_ca_file(struct taking *t, const char *value)
{
	t->out->watch.ca_file = value;
	return true;
}

static bool
take_fail_on(struct taking *t, const char *value)
{
	size_t chosen;

	if (!choose(t, "fail-on", value, severity_word, &chosen))
		return false;
	t->out->watch.fail_on = (enum severity)chosen;
	t->out->watch.has_fail_on = true;
	return true;
}

static bool
take_watch_json(struct taking *t, const char *value)
{
	(void)value;
	t->out->watch.is_json = true;
	return true;
}

static bool
take_progress(struct taking *t, const char *value)
{
	(void)value;
	t->out->watch.has_progress = true;
	return true;
}

/* Names that need no quoting in a shell, a file name or a metric. */
static bool
take_sensor(struct taking *t, const char *value)
{
	const size_t length = strlen(value);
	bool is_plain = length <= SENSOR_MAX;

	for (size_t i = 0; i < length; i++) {
		const uint8_t c = (uint8_t)value[i];

		if (!text_is_alpha(c) && !text_is_digit(c) && strchr("._-:", c) == NULL)
			is_plain = false;
	}
	if (!is_plain)
		return flag_refuse(t, "--sensor %s: not 1 to %d letters, digits, or . _ - :", value,
				   SENSOR_MAX);
	t->out->watch.sensor = value;
	return true;
}

static uint64_t
size_unit(uint8_t letter)
{
	switch (letter) {
	case 'k':
		return 1u << 10;
	case 'm':
		return 1u << 20;
	case 'g':
		return 1u << 30;
	}
	return 1;
}

/* A number of bytes, or of K, M or G (powers of 1024). */
static bool
size_parse(const char *value, uint64_t least, uint64_t *out)
{
	struct bytes digits = view(value);
	const uint64_t unit = size_unit(text_lower(digits.at[digits.len - 1]));

	if (unit > 1)
		digits.len--;
	if (!text_number(digits, out) || *out > SIZE_LARGEST / unit)
		return false;
	*out *= unit;
	return *out >= least;
}

static bool
take_user(struct taking *t, const char *value)
{
	if (strlen(value) >= SANDBOX_USER_MAX || *value == '\0')
		return flag_refuse(t, "--user %.40s: no user has such a name", value);
	t->out->watch.user = value;
	return true;
}

static bool
take_gate_flows(struct taking *t, const char *value)
{
	uint64_t number;

	if (!whole_number(value, 1, GATE_FLOWS_MAX, &number))
		return flag_refuse(t, "--gate-flows %s: not a number from 1 to %d", value,
				   GATE_FLOWS_MAX);
	t->out->watch.gate_flows = (uint32_t)number;
	return true;
}

static bool
take_buffer(struct taking *t, const char *value)
{
	uint64_t size;

	if (!size_parse(value, LIVE_BUFFER_MIN, &size) || size > LIVE_BUFFER_MAX)
		return flag_refuse(t, "--buffer %s: not a size from %uM to %uM (64M, 1G)", value,
				   LIVE_BUFFER_MIN >> 20, LIVE_BUFFER_MAX >> 20);
	t->out->watch.buffer = (uint32_t)size;
	return true;
}

static bool
take_memory(struct taking *t, const char *value)
{
	uint64_t size;

	if (!size_parse(value, DISSECTOR_BUDGET_MIN, &size))
		return flag_refuse(t, "--memory %s: not a size of at least %uM (64M, 2G)", value,
				   DISSECTOR_BUDGET_MIN >> 20);
	t->out->watch.memory = (size_t)size;
	return true;
}

static bool
take_before(struct taking *t, const char *value)
{
	if (moment_parse(value, t->now, &t->out->before))
		return true;
	return flag_refuse(t, "--before %s: not a time (90d, 52w or 2026-03-01)", value);
}

static bool
take_span(struct taking *t, const char *option, const char *value, int64_t *out)
{
	if (limit_span(value, out))
		return true;
	return flag_refuse(t, "--%s %s: not how long (36h, 30d, 12w, 2y, or never)", option, value);
}

static bool
take_keep_sessions(struct taking *t, const char *value)
{
	return take_span(t, "keep-sessions", value, &t->keep[t->source].sessions);
}

static bool
take_keep_evidence(struct taking *t, const char *value)
{
	return take_span(t, "keep-evidence", value, &t->keep[t->source].evidence);
}

static bool
take_keep_incidents(struct taking *t, const char *value)
{
	return take_span(t, "keep-incidents", value, &t->keep[t->source].incidents);
}

static bool
take_keep_size(struct taking *t, const char *value)
{
	uint64_t size = 0;

	if (!limit_is_none(value) && !size_parse(value, KEEP_SIZE_MIN, &size))
		return flag_refuse(
		    t, "--keep-size %s: not a size of at least 1M (500M, 10G, or never)", value);
	t->keep[t->source].bytes = (int64_t)size;
	return true;
}

/* In the order of --help. A flag of two commands that means two things has two rows. */
const struct flag flags[] = {
    {"read", 'r', "FILE", FLAG_WATCH, false, take_file,
     "read a saved capture; several may follow; - is standard input"},
    {"interface", 'i', "IFACE", FLAG_WATCH, true, take_interface,
     "capture live traffic; several may follow; any is all of them"},
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
    {"lookups", 0, NULL, FLAG_WATCH, false, take_lookups, "look policies up (not in this version)"},
    {"no-lookups", 0, NULL, FLAG_WATCH | FLAG_POLICY, false, take_no_lookups,
     "look no policies up (the default for -r)"},
    {"resolver", 0, "ADDR[:PORT]", FLAG_WATCH | FLAG_POLICY, false, take_resolver,
     "name server for look-ups; several may follow (default: resolv.conf's)"},
    {"trust-resolver", 0, NULL, FLAG_POLICY, false, take_trust_resolver,
     "believe on DNSSEC resolvers, too, that are not on this machine"},
    {"lookup-private", 0, NULL, FLAG_POLICY, false, take_lookup_private,
     "fetch policies from private and local addresses, too"},
    {"format", 0, "FORMAT", FLAG_REPORT, false, take_format,
     "table, json (lines), csv, or html: one page that needs nothing else"},
    {"since", 0, "TIME", FLAG_LIST | FLAG_SERVERS | FLAG_REPORT, false, take_since,
     "from this time on: RFC 3339, or 2h, 7d ago"},
    {"until", 0, "TIME", FLAG_LIST | FLAG_SERVERS | FLAG_REPORT, false, take_until,
     "up to this time"},
    {"before", 0, "TIME", FLAG_PRUNE, false, take_before,
     "prune: what ended before this: RFC 3339, or 7d, 52w ago"},
    {"keep-sessions", 0, "SPAN", FLAG_WATCH | FLAG_PRUNE, true, take_keep_sessions,
     "how long sessions are kept: 36h, 30d, 2y, never (default with -i: 30d; -r: never)"},
    {"keep-evidence", 0, "SPAN", FLAG_WATCH | FLAG_PRUNE, true, take_keep_evidence,
     "the same of the lines and packets of incidents (90d; never)"},
    {"keep-incidents", 0, "SPAN", FLAG_WATCH | FLAG_PRUNE, true, take_keep_incidents,
     "the same of incidents, since last seen (2y; never)"},
    {"keep-size", 0, "SIZE", FLAG_WATCH | FLAG_PRUNE, true, take_keep_size,
     "the oldest go where the database needs more (default with -i: 10G; -r: never)"},
    {"kind", 0, "KIND", FLAG_LIST, false, take_kind, "of this kind, as starttls-masked"},
    {"severity", 0, "SEVERITY", FLAG_LIST, false, take_severity,
     "info, notice, warning, critical: that or worse"},
    {"state", 0, "STATE", FLAG_LIST, false, take_state, "open, acked or closed"},
    {"outcome", 0, "OUTCOME", FLAG_LIST, false, take_outcome,
     "encrypted, plaintext, tls-failed, no-mail or partial"},
    {"incident", 0, "ID", FLAG_SESSION, false, take_incident, "of this incident"},
    {"all", 0, NULL, FLAG_SURGES, false, take_all, "those, too, that another incident sums up"},
    {"surge", 0, "ID", FLAG_SURGES, false, take_surge, "those that this incident sums up"},
    {"client", 0, "ADDR[/N]", FLAG_LIST | FLAG_SERVERS | FLAG_REPORT, false, take_client,
     "of this client or network"},
    {"server", 0, "ADDR[/N]", FLAG_LIST | FLAG_SERVERS | FLAG_REPORT, false, take_server,
     "of this server or network"},
    {"domain", 0, "DOMAIN", FLAG_LIST | FLAG_SERVERS | FLAG_REPORT, false, take_domain,
     "of this domain; .example.net: and its subdomains"},
    {"service", 0, "NAME", FLAG_REPORT, false, take_service_name,
     "of smtp, submission, submissions or lmtp alone"},
    {"limit", 0, "N", FLAG_REPORT, false, take_limit, "at most N of each list (default: 10)"},
    {"limit", 0, "N", FLAG_LIST | FLAG_SERVERS, false, take_limit, "at most N, the latest"},
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

const struct flag *
flag_find(const char *name, size_t length, uint32_t groups)
{
	const struct flag *found = NULL;

	for (size_t i = 0; i < flag_count; i++) {
		if (strlen(flags[i].name) != length || memcmp(flags[i].name, name, length) != 0)
			continue;
		/* A row of this command is better than one that merely has the name. */
		if (found == NULL || (flags[i].groups & groups) != 0)
			found = &flags[i];
	}
	return found;
}

const struct flag *
flag_find_letter(char letter)
{
	for (size_t i = 0; i < flag_count; i++)
		if (flags[i].letter != 0 && flags[i].letter == letter)
			return &flags[i];
	return NULL;
}
