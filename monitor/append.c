/* Arrays that grow; see append.h. */
#include "monitor/append.h"

#include <stdlib.h>
#include <string.h>

#define GROWS_FROM 16 /* items of the first room; each later one doubles */

void *
append_item(void *items, size_t *count, size_t size)
{
	char *list;

	memcpy(&list, items, sizeof(list));
	if (*count == 0 || (*count >= GROWS_FROM && (*count & (*count - 1)) == 0)) {
		const size_t room = *count == 0 ? GROWS_FROM : *count * 2;
		char *grown = realloc(list, room * size);

		if (grown == NULL)
			return NULL;
		list = grown;
		memcpy(items, &list, sizeof(list));
	}
	return memset(list + (*count)++ * size, 0, size);
}
