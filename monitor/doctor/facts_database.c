/* What the file of the database and its disk say; see facts.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "monitor/doctor/facts.h"

#define DAY INT64_C(86400000000) /* microseconds */

/* The folder that path stands in; "." where it names none. */
static void
folder_of(const char *path, char *out, size_t size)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		snprintf(out, size, ".");
	else
		snprintf(out, size, "%.*s", slash == path ? 1 : (int)(slash - path), path);
}

static int64_t
size_of(const char *path, const char *ending)
{
	char name[4096];
	struct stat status;

	snprintf(name, sizeof(name), "%s%s", path, ending);
	return stat(name, &status) == 0 ? (int64_t)status.st_size : 0;
}

static void
open_it(const struct options *o, struct database_facts *out)
{
	struct store *s = store_open(o->db, STORE_READ, out->why, sizeof(out->why));

	out->is_sound = s != NULL ? FACT_YES : FACT_NO;
	if (s == NULL)
		return;
	out->has_lately = lately_read(s, o->now - DAY, &out->lately) ? FACT_YES : FACT_UNSEEN;
	store_close(s);
}

void
facts_database(const struct options *o, struct database_facts *out)
{
	char folder[4096];
	struct statvfs disk;

	*out = (struct database_facts){.room = -1};
	folder_of(o->db, folder, sizeof(folder));
	if (statvfs(folder, &disk) == 0)
		out->room = (int64_t)(disk.f_bavail * disk.f_frsize);
	out->size = size_of(o->db, "") + size_of(o->db, "-wal");
	out->exists = access(o->db, F_OK) == 0 ? FACT_YES : errno == ENOENT ? FACT_NO : FACT_UNSEEN;
	out->is_writable = access(folder, W_OK | X_OK) == 0 &&
				   (out->exists != FACT_YES || access(o->db, W_OK) == 0)
			       ? FACT_YES
			       : FACT_NO;
	if (out->exists == FACT_YES)
		open_it(o, out);
}
