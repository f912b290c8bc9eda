/* MX records to hosts; see mx.h. */
#include "monitor/policy/mx.h"

#include <stdlib.h>

static bool
is_root(struct bytes host)
{
	return host.len == 0 || bytes_equal(host, BYTES("."));
}

static const char *
why_not(enum domain_sort sort)
{
	switch (sort) {
	case DOMAIN_OK:
	case DOMAIN_BAD:
		break;
	case DOMAIN_ADDRESS:
		return "an address, where a name must stand (RFC 5321 section 5.1)";
	case DOMAIN_SINGLE_LABEL:
		return "a single label, which means something else to every resolver";
	case DOMAIN_NUMERIC_TLD:
		return "below a top-level domain that cannot exist (RFC 3696 section 2)";
	case DOMAIN_SPECIAL_USE:
		return "of special use and not for the public DNS (RFC 6761)";
	}
	return "no host name (RFC 5321 section 4.1.2)";
}

static void
add_host(struct mx_set *set, const struct mx_record *record, struct problems *problems)
{
	struct domain name;
	enum domain_sort sort = domain_read(record->host, &name);

	if (sort != DOMAIN_OK) {
		set->is_whole = false;
		problems_add(problems, "The MX host \"%s\" is %s.", quoted(record->host).text,
			     why_not(sort));
		return;
	}
	if (set->count == MX_HOSTS_MAX) {
		set->is_whole = false;
		problems_add(problems,
			     "There are more than %d MX hosts; the others are not looked "
			     "at.",
			     MX_HOSTS_MAX);
		return;
	}
	set->hosts[set->count].name = name;
	set->hosts[set->count++].preference = record->preference;
}

/* Those of one preference keep their order. */
static void
sort_hosts(struct mx_set *set)
{
	for (size_t i = 1; i < set->count; i++)
		for (size_t k = i; k > 0; k--) {
			struct mx_host *after = &set->hosts[k], *before = after - 1;
			struct mx_host swap = *before;

			if (before->preference <= after->preference)
				break;
			*before = *after;
			*after = swap;
		}
}

static void
read_records(const struct mx_record *records, size_t count, struct mx_set *out,
	     struct problems *problems)
{
	if (count == 1 && is_root(records[0].host)) {
		out->form = MX_NULL;
		if (records[0].preference != 0)
			problems_add(problems,
				     "The null MX has preference %u, where RFC 7505 section 3 "
				     "wants 0.",
				     (unsigned)records[0].preference);
		return;
	}
	out->form = MX_LISTED;
	for (size_t i = 0; i < count; i++) {
		if (!is_root(records[i].host))
			add_host(out, &records[i], problems);
		else
			problems_add(problems, "A null MX stands beside other MX records, which "
					       "RFC 7505 section 3 forbids: it is ignored.");
	}
	sort_hosts(out);
}

void
mx_read(const struct domain *d, enum answer answer, const struct mx_record *records, size_t count,
	struct mx_set *out, struct problems *problems)
{
	memset(out, 0, sizeof(*out));
	if (!answer_is_known(answer))
		return;
	out->is_whole = true;
	if (answer_is_present(answer) && count > 0) {
		read_records(records, count, out, problems);
		return;
	}
	out->form = MX_IMPLICIT;
	out->hosts[0].name = *d;
	out->count = 1;
}

static bool
is_same(const struct address *a, const struct address *b)
{
	return a->family == b->family && memcmp(a->b, b->b, a->family == 4 ? 4 : 16) == 0;
}

bool
mx_host_has(const struct mx_host *host, const struct address *a)
{
	for (size_t i = 0; i < host->address_count; i++)
		if (is_same(&host->addresses[i], a))
			return true;
	return false;
}

const struct mx_host *
mx_named(const struct mx_set *set, const struct domain *name)
{
	for (size_t i = 0; i < set->count; i++)
		if (domain_equal(&set->hosts[i].name, name))
			return &set->hosts[i];
	return NULL;
}

void
mx_add_address(struct mx_host *host, const struct address *a)
{
	if (mx_host_has(host, a))
		return;
	if (host->address_count == MX_ADDRESSES_MAX)
		host->is_whole = false;
	else
		host->addresses[host->address_count++] = *a;
}

enum fact
mx_has_address(const struct mx_set *set, const struct address *a, const struct mx_host **which)
{
	bool is_whole = set->form != MX_UNKNOWN && set->is_whole;

	if (which != NULL)
		*which = NULL;
	for (size_t i = 0; i < set->count; i++) {
		if (mx_host_has(&set->hosts[i], a)) {
			if (which != NULL)
				*which = &set->hosts[i];
			return FACT_YES;
		}
		is_whole = is_whole && set->hosts[i].is_whole;
	}
	return is_whole ? FACT_NO : FACT_UNSEEN;
}
