/*
 * Arrays that grow: room is always the next power of two, so that no array
 * needs to keep how much it has.
 */
#ifndef MONITOR_APPEND_H
#define MONITOR_APPEND_H

#include <stddef.h>

/*
 * The item behind the last of an array, all zero; *count is one more then. items
 * is the address of the array's pointer, of any type, NULL at first; items are
 * of size bytes. NULL, and the array as it was, where memory is refused.
 */
void *append_item(void *items, size_t *count, size_t size);

#endif
