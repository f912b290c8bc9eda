/* What something is limited to; see scope.h. */
#include "monitor/alert/scope.h"

#include <stdlib.h>
#include <string.h>

#include "monitor/flag_take.h"

static bool
has_word(const struct words *list, const char *word)
{
	for (size_t i = 0; word != NULL && i < list->count; i++)
		if (strcmp(list->at[i], word) == 0)
			return true;
	return list->count == 0;
}

static bool
has_domain(const struct words *list, const char *domain)
{
	for (size_t i = 0; domain != NULL && i < list->count; i++)
		if (domain_matches(domain, list->at[i]))
			return true;
	return list->count == 0;
}

static bool
has_address(const struct network *list, size_t count, const char *address)
{
	for (size_t i = 0; address != NULL && i < count; i++)
		if (network_holds(&list[i], address))
			return true;
	return count == 0;
}

bool
scope_holds(const struct scope *s, const struct scope_case *c)
{
	return c->severity >= s->severity && has_word(&s->kinds, c->kind) &&
	       has_address(s->clients, s->client_count, c->client) &&
	       has_address(s->servers, s->server_count, c->server) &&
	       has_domain(&s->domains, c->domain);
}

bool
scope_severity(struct taking *t, struct scope *s, const char *value)
{
	size_t chosen;

	if (!flag_choose(t, "severity", value, flag_severity, &chosen))
		return false;
	s->severity = (enum severity)chosen;
	return true;
}

bool
scope_kind(struct taking *t, struct scope *s, const char *value)
{
	return flag_kind(t, value) && flag_append(t, &s->kinds, value);
}

static bool
add_network(struct taking *t, const char *option, const char *value, struct network *list,
	    size_t *count)
{
	if (*count == SCOPE_NETWORKS)
		return flag_refuse(t, "%s: more than %d (name larger networks)", option,
				   SCOPE_NETWORKS);
	return flag_network(t, option, value, &list[(*count)++]);
}

bool
scope_client(struct taking *t, struct scope *s, const char *value)
{
	return add_network(t, "client", value, s->clients, &s->client_count);
}

bool
scope_server(struct taking *t, struct scope *s, const char *value)
{
	return add_network(t, "server", value, s->servers, &s->server_count);
}

bool
scope_domain(struct taking *t, struct scope *s, const char *value)
{
	const char *domain = flag_domain(t, value);

	return domain != NULL && flag_append(t, &s->domains, domain);
}

void
scope_free(struct scope *s)
{
	free(s->kinds.at);
	free(s->domains.at);
	s->kinds = s->domains = (struct words){0};
}
