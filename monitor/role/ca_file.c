/* The file of authorities; see ca_file.h. */
#include "monitor/role/ca_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "monitor/log.h"
#include "monitor/role/enclose.h"

int
ca_file_open(const char *named)
{
	int descriptor = -1;

	if (named != NULL) {
		descriptor = open(named, O_RDONLY | O_CLOEXEC);
		if (descriptor < 0)
			log_error("%s: cannot read the CA file: %s", named, strerror(errno));
		return descriptor;
	}
	for (size_t i = 0; descriptor < 0 && enclose_ca_bundles[i] != NULL; i++)
		descriptor = open(enclose_ca_bundles[i], O_RDONLY | O_CLOEXEC);
	return descriptor;
}
