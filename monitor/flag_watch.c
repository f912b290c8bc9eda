/* Flags that say what watch reads, how, and whom it asks; see flag_take.h. */
#include <string.h>

#include "dissector/dissector.h"
#include "dissector/text.h"
#include "monitor/capture/gate.h"
#include "monitor/flag_take.h"
#include "monitor/metrics/endpoint.h"
#include "monitor/policy/dns.h"

#define SENSOR_MAX 64 /* bytes of a sensor's name */

const char *
flag_gate_word(size_t i)
{
	static const char *const words[] = {"auto", "ebpf", "none", NULL};

	return words[i];
}

bool
take_file(struct taking *t, const char *value)
{
	const struct words *files = &t->out->watch.files;

	for (size_t i = 0; strcmp(value, "-") == 0 && i < files->count; i++)
		if (strcmp(files->at[i], "-") == 0)
			return flag_refuse(t, "-r -: standard input can be read only once");
	return flag_append(t, &t->out->watch.files, value);
}

bool
take_expression(struct taking *t, const char *value)
{
	t->out->watch.expression = value;
	t->out->watch.expression_at = t->place;
	return true;
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

bool
take_service(struct taking *t, const char *value)
{
	struct bytes rest = bytes_text(value);
	const size_t colon = bytes_find(rest, ':');
	const enum service s = flag_service(bytes_first(rest, colon));

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

bool
take_readers(struct taking *t, const char *value)
{
	uint64_t number;

	if (!flag_number(value, 1, READERS_MAX, &number))
		return flag_refuse(t, "--readers %s: not a number from 1 to %d", value,
				   READERS_MAX);
	t->out->watch.readers = (unsigned)number;
	return true;
}

bool
take_gate(struct taking *t, const char *value)
{
	size_t chosen;

	if (!flag_choose(t, "gate", value, flag_gate_word, &chosen))
		return false;
	t->out->watch.gate = (enum gate_choice)chosen;
	t->gate_from = t->source;
	return true;
}

bool
take_snaplen(struct taking *t, const char *value)
{
	uint64_t number;

	if (!flag_number(value, SNAPLEN_MIN, SNAPLEN_DEFAULT, &number))
		return flag_refuse(t, "--snaplen %s: not a number of bytes from %d to %d", value,
				   SNAPLEN_MIN, SNAPLEN_DEFAULT);
	t->out->watch.snaplen = (uint32_t)number;
	return true;
}

/* Two readings of one interface would see each packet twice. */
static bool
is_apart(struct taking *t, const char *one, const char *other)
{
	if (strcmp(one, other) == 0)
		return flag_refuse(t,
				   "-i %s: given twice (each interface once; more readers of "
				   "one: --readers)",
				   one);
	if (strcmp(one, "any") == 0 || strcmp(other, "any") == 0)
		return flag_refuse(t,
				   "-i any and -i %s: any is of all interfaces already (give "
				   "any alone, or each interface)",
				   strcmp(one, "any") == 0 ? other : one);
	return true;
}

bool
take_interface(struct taking *t, const char *value)
{
	struct words *list = &t->out->watch.interfaces;

	if (strlen(value) >= LIVE_NAME_MAX)
		return flag_refuse(t, "-i %.64s...: no interface has so long a name", value);
	if (t->interfaces_from != t->source)
		list->count = 0;
	t->interfaces_from = t->source;
	for (size_t i = 0; i < list->count; i++)
		if (!is_apart(t, list->at[i], value))
			return false;
	return flag_append(t, list, value);
}

static const char *
yes_or_no(size_t i)
{
	static const char *const words[] = {"no", "yes", NULL};

	return words[i];
}

/* On the command line that it stands there says yes; as a setting it has a value. */
static bool
take_yes(struct taking *t, const char *setting, const char *value, bool *out)
{
	size_t chosen = 1;

	if (t->source == SOURCE_CONFIG && !flag_choose(t, setting, value, yes_or_no, &chosen))
		return false;
	*out = chosen == 1;
	return true;
}

bool
take_alerts(struct taking *t, const char *value)
{
	(void)value;
	t->out->watch.alerts = true;
	t->out->watch.no_alerts = false;
	return true;
}

bool
take_no_alerts(struct taking *t, const char *value)
{
	(void)value;
	t->out->watch.alerts = false;
	t->out->watch.no_alerts = true;
	return true;
}

bool
take_lookups(struct taking *t, const char *value)
{
	struct watch_options *w = &t->out->watch;

	if (!take_yes(t, "lookups", value, &w->lookups))
		return false;
	w->no_lookups = !w->lookups;
	t->lookups_from = t->source;
	return true;
}

bool
take_no_lookups(struct taking *t, const char *value)
{
	(void)value;
	t->out->watch.lookups = false;
	t->out->watch.no_lookups = true;
	return true;
}

bool
take_resolver(struct taking *t, const char *value)
{
	struct words *list = &t->out->watch.resolvers;
	struct dns_resolver resolver;

	if (t->resolvers_from != t->source)
		list->count = 0;
	t->resolvers_from = t->source;
	if (list->count == DNS_RESOLVERS_MAX)
		return flag_refuse(t, "--resolver: more than %d", DNS_RESOLVERS_MAX);
	if (!dns_resolver_read(value, &resolver))
		return flag_refuse(t,
				   "--resolver %.64s: not an address (192.0.2.53, "
				   "192.0.2.53:5353, [2001:db8::53]:5353)",
				   value);
	return flag_append(t, list, value);
}

bool
take_trust_resolver(struct taking *t, const char *value)
{
	return take_yes(t, "trust-resolver", value, &t->out->watch.trust_resolver);
}

bool
take_lookup_private(struct taking *t, const char *value)
{
	return take_yes(t, "lookup-private", value, &t->out->watch.lookup_private);
}

bool
take_smart_host(struct taking *t, const char *value)
{
	struct smart_hosts *hosts = &t->out->watch.smart_hosts;

	if (t->smart_hosts_from != t->source)
		hosts->count = 0;
	t->smart_hosts_from = t->source;
	if (hosts->count == SMART_HOSTS_MAX)
		return flag_refuse(t, "--smart-host: more than %d", SMART_HOSTS_MAX);
	if (smart_host_read(value, &hosts->list[hosts->count++]))
		return true;
	return flag_refuse(t,
			   "--smart-host %.64s: not the name of a host, nor an address or a "
			   "network (relay.example.net, 192.0.2.25, 2001:db8::/64)",
			   value);
}

bool
take_metrics(struct taking *t, const char *value)
{
	struct endpoint endpoint;

	t->out->watch.metrics = value;
	t->metrics_from = t->source;
	return endpoint_read(value, &endpoint) ||
	       flag_refuse(t,
			   "--metrics %.64s: not ADDR:PORT nor the path of a socket "
			   "(127.0.0.1:9725, [::1]:9725, /run/waxseal/metrics.sock)",
			   value);
}

bool
take_metrics_file(struct taking *t, const char *value)
{
	const size_t length = strlen(value);

	t->out->watch.metrics_file = value;
	t->metrics_from = t->source;
	return (length > 5 && strcmp(value + length - 5, ".prom") == 0) ||
	       flag_refuse(t,
			   "--metrics-file %.64s: does not end in .prom (node_exporter reads no "
			   "other)",
			   value);
}

bool
take_ca_file(struct taking *t, const char *value)
{
	t->out->watch.ca_file = value;
	t->out->watch.ca_file_at = t->place;
	return true;
}

bool
take_fail_on(struct taking *t, const char *value)
{
	size_t chosen;

	if (!flag_choose(t, "fail-on", value, flag_severity, &chosen))
		return false;
	t->out->watch.fail_on = (enum severity)chosen;
	t->out->watch.has_fail_on = true;
	return true;
}

bool
take_watch_json(struct taking *t, const char *value)
{
	(void)value;
	t->out->watch.is_json = true;
	return true;
}

bool
take_progress(struct taking *t, const char *value)
{
	(void)value;
	t->out->watch.has_progress = true;
	return true;
}

/* Names that need no quoting in a shell, a file name or a metric. */
bool
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

bool
take_user(struct taking *t, const char *value)
{
	if (strlen(value) >= SANDBOX_USER_MAX || *value == '\0')
		return flag_refuse(t, "--user %.40s: no user has such a name", value);
	t->out->watch.user = value;
	t->out->watch.user_at = t->place;
	return true;
}

bool
take_gate_flows(struct taking *t, const char *value)
{
	uint64_t number;

	if (!flag_number(value, 1, GATE_FLOWS_MAX, &number))
		return flag_refuse(t, "--gate-flows %s: not a number from 1 to %d", value,
				   GATE_FLOWS_MAX);
	t->out->watch.gate_flows = (uint32_t)number;
	return true;
}

bool
take_buffer(struct taking *t, const char *value)
{
	uint64_t size;

	if (!flag_size(value, LIVE_BUFFER_MIN, &size) || size > LIVE_BUFFER_MAX)
		return flag_refuse(t, "--buffer %s: not a size from %uM to %uM (64M, 1G)", value,
				   LIVE_BUFFER_MIN >> 20, LIVE_BUFFER_MAX >> 20);
	t->out->watch.buffer = (uint32_t)size;
	return true;
}

bool
take_memory(struct taking *t, const char *value)
{
	uint64_t size;

	if (!flag_size(value, DISSECTOR_BUDGET_MIN, &size))
		return flag_refuse(t, "--memory %s: not a size of at least %uM (64M, 2G)", value,
				   DISSECTOR_BUDGET_MIN >> 20);
	t->out->watch.memory = (size_t)size;
	return true;
}
