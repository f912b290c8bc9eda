/* Host names against patterns, case ignored; see sts_match.h. */
#include "monitor/policy/sts_match.h"

#include "dissector/text.h"

bool
sts_match_pattern(struct bytes pattern, const struct domain *host)
{
	struct bytes name = domain_bytes(host);

	if (bytes_equal(bytes_first(pattern, 2), BYTES("*."))) {
		/* From the dot behind its first label on, on both sides. */
		name = bytes_after(name, bytes_find(name, '.'));
		pattern = bytes_after(pattern, 1);
	}
	return name.len > 0 && text_equal(pattern, name);
}

bool
sts_match_host(const struct sts_policy *policy, const struct domain *host)
{
	struct sts_mx_walk walk = {policy->text};
	struct bytes pattern;

	while (sts_policy_next_mx(&walk, &pattern))
		if (sts_match_pattern(pattern, host))
			return true;
	return false;
}
