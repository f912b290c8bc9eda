/* Whose a new file is; see made.h. */
#include "db/made.h"

#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

void
made_for_folder(int fd, const char *path)
{
	char copy[PATH_MAX];
	struct stat folder;

	if (geteuid() != 0 || snprintf(copy, sizeof(copy), "%s", path) >= (int)sizeof(copy) ||
	    stat(dirname(copy), &folder) != 0 || folder.st_uid == 0)
		return;
	/* A folder that all may write to, as /tmp, gives nothing away. */
	if ((folder.st_mode & S_IWOTH) != 0)
		return;
	if (fchown(fd, folder.st_uid, folder.st_gid) != 0)
		return;
}
