/* Who may write the configuration, and read the secrets that it names; see facts.h. */
#include <string.h>
#include <sys/stat.h>

#include "monitor/alert/sink.h"
#include "monitor/doctor/facts.h"

/* Whether everybody may do that, as of S_IROTH; a file alone: /dev/null has another meaning. */
static enum fact
is_open(const char *path, mode_t to)
{
	struct stat status;

	if (stat(path, &status) != 0 || !S_ISREG(status.st_mode))
		return FACT_UNSEEN;
	return (status.st_mode & to) != 0 ? FACT_YES : FACT_NO;
}

/* "X-Key: /path" */
static const char *
path_of(const char *header_file)
{
	const char *colon = strchr(header_file, ':');

	return colon == NULL ? header_file : colon + 1 + strspn(colon + 1, " \t");
}

static const char *
exposed_by(const struct sink *s)
{
	if (s->url_file != NULL && is_open(s->url_file, S_IROTH) == FACT_YES)
		return s->url_file;
	if (s->token_file != NULL && is_open(s->token_file, S_IROTH) == FACT_YES)
		return s->token_file;
	for (size_t i = 0; i < s->header_files.count; i++)
		if (is_open(path_of(s->header_files.at[i]), S_IROTH) == FACT_YES)
			return path_of(s->header_files.at[i]);
	return NULL;
}

void
facts_files(const struct options *o, struct file_facts *out)
{
	*out = (struct file_facts){.is_config_open = is_open(o->config, S_IWOTH)};
	for (size_t i = 0; o->sinks != NULL && out->exposed == NULL && i < o->sinks->count; i++)
		out->exposed = exposed_by(&o->sinks->at[i]);
}
