#include "monitor/mx_text.h"

#include <arpa/inet.h>

#include "monitor/address.h"
#include "monitor/json.h"

void
mx_text_addresses(const struct mx_set *set, char out[MX_TEXT_MAX])
{
	struct json_list list = json_list_over(out, MX_TEXT_MAX);
	char text[INET6_ADDRSTRLEN];

	for (size_t i = 0; i < set->count; i++)
		for (size_t k = 0; k < set->hosts[i].address_count; k++) {
			address_text(&set->hosts[i].addresses[k], text);
			json_list_add(&list, bytes_text(text));
		}
}

enum fact
mx_text_has(const struct mx_set *set, const char *address, const struct mx_host **which)
{
	struct address a = {.family = 4};

	*which = NULL;
	if (inet_pton(AF_INET, address, a.b) == 1)
		return mx_has_address(set, &a, which);
	a.family = 6;
	if (inet_pton(AF_INET6, address, a.b) == 1)
		return mx_has_address(set, &a, which);
	return FACT_UNSEEN;
}
