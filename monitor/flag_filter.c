/* Flags that say what is listed or reported: times, addresses, domains, kinds; see flag_take.h. */
#include <string.h>

#include "dissector/text.h"
#include "monitor/flag_take.h"
#include "monitor/moment.h"
#include "monitor/nearest.h"

#define DOMAIN_MAX 254 /* RFC 1035 section 2.3.4, and a leading dot */

const char *
flag_kind_word(size_t i)
{
	return i < judge_kind_count ? judge_kinds[i].name : NULL;
}

const char *
flag_outcome_word(size_t i)
{
	return i <= OUTCOME_PARTIAL ? outcome_name((enum outcome)i) : NULL;
}

const char *
flag_state_word(size_t i)
{
	static const char *const words[] = {"open", "acked", "closed", NULL};

	return words[i];
}

bool
take_since(struct taking *t, const char *value)
{
	if (moment_parse(value, t->now, &t->out->filter.since))
		return true;
	return flag_refuse(t, "--since %s: not a time (2h, 7d, 2026-03-01 or 2026-03-01T12:00:00Z)",
			   value);
}

bool
take_until(struct taking *t, const char *value)
{
	if (moment_parse(value, t->now, &t->out->filter.until))
		return true;
	return flag_refuse(t, "--until %s: not a time (2h, 7d, 2026-03-01 or 2026-03-01T12:00:00Z)",
			   value);
}

bool
flag_kind(struct taking *t, const char *value)
{
	const char *near;

	if (judge_kind(value) != NULL)
		return true;
	near = nearest_word(value, flag_kind_word);
	if (near != NULL)
		return flag_refuse(t, "%skind %s: unknown (did you mean %s?)", flag_dashes(t),
				   value, near);
	return flag_refuse(t, "%skind %s: unknown (waxseal(8) lists the kinds)", flag_dashes(t),
			   value);
}

bool
take_kind(struct taking *t, const char *value)
{
	t->out->filter.kind = value;
	return flag_kind(t, value);
}

bool
take_severity(struct taking *t, const char *value)
{
	size_t chosen;

	if (!flag_choose(t, "severity", value, flag_severity, &chosen))
		return false;
	t->out->filter.severity = (int)chosen;
	return true;
}

bool
take_state(struct taking *t, const char *value)
{
	size_t chosen;

	t->out->filter.state = value;
	return flag_choose(t, "state", value, flag_state_word, &chosen);
}

bool
take_outcome(struct taking *t, const char *value)
{
	size_t chosen;

	t->out->filter.outcome = value;
	return flag_choose(t, "outcome", value, flag_outcome_word, &chosen);
}

bool
flag_network(struct taking *t, const char *option, const char *value, struct network *out)
{
	if (network_of(value, out))
		return true;
	return flag_refuse(t, "%s%s %s: not an address (192.0.2.7, 192.0.2.0/24 or 2001:db8::/32)",
			   flag_dashes(t), option, value);
}

bool
take_client(struct taking *t, const char *value)
{
	return flag_network(t, "client", value, &t->out->filter.client);
}

bool
take_server(struct taking *t, const char *value)
{
	return flag_network(t, "server", value, &t->out->filter.server);
}

/* Why it is no domain to be compared with; NULL where it may be one. */
static const char *
domain_fault(struct bytes value)
{
	if (value.len > DOMAIN_MAX || (value.len == 1 && value.at[0] == '.'))
		return "not a domain (example.net, or .example.net with its subdomains)";
	for (size_t i = 0; i < value.len; i++) {
		if (value.at[i] > 0x7e)
			return "not ASCII (give it as it stands in DNS, xn--...)";
		if (value.at[i] <= ' ')
			return "not a domain (blank or control character)";
		if (value.at[i] == '@')
			return "an address (no local part is stored: give what follows the @)";
	}
	return NULL;
}

const char *
flag_domain(struct taking *t, const char *value)
{
	struct bytes name = bytes_text(value);
	const char *fault;
	char *domain;

	if (name.len > 1 && name.at[name.len - 1] == '.')
		name.len--;
	fault = domain_fault(name);
	if (fault != NULL) {
		flag_refuse(t, "%sdomain %.*s: %s", flag_dashes(t), DOMAIN_MAX, value, fault);
		return NULL;
	}
	domain = flag_keep(t, value, name.len);
	for (size_t i = 0; domain != NULL && i < name.len; i++)
		domain[i] = (char)text_lower((uint8_t)domain[i]);
	return domain;
}

bool
take_domain(struct taking *t, const char *value)
{
	t->out->filter.domain = flag_domain(t, value);
	return t->out->filter.domain != NULL;
}

bool
take_limit(struct taking *t, const char *value)
{
	uint64_t number;

	if (!flag_number(value, 1, INT64_MAX, &number))
		return flag_refuse(t, "--limit %s: not a number from 1 up", value);
	t->out->filter.limit = (int64_t)number;
	return true;
}

static bool
take_id(struct taking *t, const char *flag, const char *value, int64_t *out)
{
	uint64_t number;

	if (!flag_number(value, 1, INT64_MAX, &number))
		return flag_refuse(t,
				   "--%s %s: not the id of an incident (waxseal incidents "
				   "lists them)",
				   flag, value);
	*out = (int64_t)number;
	return true;
}

bool
take_incident(struct taking *t, const char *value)
{
	return take_id(t, "incident", value, &t->out->filter.incident);
}

bool
take_surge(struct taking *t, const char *value)
{
	return take_id(t, "surge", value, &t->out->filter.surge);
}

bool
take_sent(struct taking *t, const char *value)
{
	(void)value;
	t->out->filter.with_sent = true;
	return true;
}

bool
take_all(struct taking *t, const char *value)
{
	(void)value;
	t->out->filter.with_parts = true;
	return true;
}

bool
take_muted(struct taking *t, const char *value)
{
	(void)value;
	t->out->filter.with_muted = true;
	return true;
}

/* Of what a report is. */
bool
take_service_name(struct taking *t, const char *value)
{
	t->out->service = value;
	if (flag_service(bytes_text(value)) != SERVICE_NONE)
		return true;
	return flag_refuse(t, "--service %s: unknown (one of: smtp, submission, submissions, lmtp)",
			   value);
}
