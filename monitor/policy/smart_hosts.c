#include "monitor/policy/smart_hosts.h"

#include "monitor/address.h"

bool
smart_host_read(const char *text, struct smart_host *out)
{
	*out = (struct smart_host){.addresses = {0}};
	if (network_of(text, &out->addresses))
		return true;
	out->addresses = (struct network){0};
	return domain_read(bytes_text(text), &out->name) == DOMAIN_OK;
}

static enum fact
find_named(const struct domain *name, struct policy_book *book, const struct session *s,
	   const struct known_policy **known)
{
	struct domain asked;

	*known = book_find(book, domain_bytes(name));
	if (destination_asked(s, &asked) && domain_equal(&asked, name))
		return FACT_YES;
	return *known == NULL ? FACT_UNSEEN : mx_has_address(&(*known)->mx, &s->server, NULL);
}

static enum fact
find_one(const struct smart_host *h, struct policy_book *book, const struct session *s,
	 const struct known_policy **known)
{
	char server[INET6_ADDRSTRLEN];

	if (h->name.text[0] != '\0')
		return find_named(&h->name, book, s, known);
	*known = NULL;
	address_text(&s->server, server);
	return network_holds(&h->addresses, server) ? FACT_YES : FACT_NO;
}

enum fact
smart_hosts_find(const struct smart_hosts *h, struct policy_book *book, const struct session *s,
		 const struct known_policy **known)
{
	enum fact found = FACT_NO;

	*known = NULL;
	for (size_t i = 0; i < h->count; i++) {
		const struct known_policy *its;
		enum fact is_it = find_one(&h->list[i], book, s, &its);

		/* By address alone it has no policy: by name, too, it may have one. */
		if (is_it == FACT_YES && *known == NULL)
			*known = its;
		if (is_it == FACT_YES || (is_it == FACT_UNSEEN && found == FACT_NO))
			found = is_it;
	}
	return found;
}
