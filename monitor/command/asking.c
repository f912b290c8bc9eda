#include "monitor/command/asking.h"

#include <stdio.h>

void
asking_config(const struct watch_options *w, struct checker_config *out)
{
	*out = (struct checker_config){
	    .dns.is_trusted = w->trust_resolver,
	    .is_private = w->lookup_private,
	};
	snprintf(out->user, sizeof(out->user), "%s", w->user != NULL ? w->user : "");
	/* They were read before: those that do not fit were refused. */
	for (size_t i = 0; i < w->resolvers.count; i++)
		dns_resolver_read(w->resolvers.at[i], &out->dns.resolvers[out->dns.count++]);
}
