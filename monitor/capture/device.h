/*
 * What an interface and its driver lost before the kernel had it, by the
 * interface's own statistics; whether its packets still begin as they did, and
 * whether it still has its name.
 *
 * Its files are opened once, while that can be done; afterwards a process may
 * close itself in. Counted are rx_missed_errors and rx_fifo_errors: no room in
 * the device, or in its queue. rx_dropped is not: it holds what nobody wanted
 * beside what was lost, and a loss makes of what is absent something not seen.
 */
#ifndef MONITOR_CAPTURE_DEVICE_H
#define MONITOR_CAPTURE_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#define DEVICE_COUNTERS 2
#define DEVICE_NAME_MAX 32 /* bytes of a name, NUL included */

struct device {
	struct device_counter {
		int descriptor; /* -1: not to be had */
		uint64_t last;  /* what it said */
	} counters[DEVICE_COUNTERS];
	struct device_counter type; /* ARPHRD_*, which says how its packets begin */
	int about;                  /* what tells its name; -1: not to be had */
	char name[DEVICE_NAME_MAX]; /* ... which was this; empty: not known */
};

/*
 * Begin with what the statistics say now. False where there is none of them to be
 * had: no such interface, or no /sys; all that is asked of it then is 0.
 */
bool device_open(struct device *d, const char *interface);

/* The same with the folder that stands for the interface in /sys, for tests. */
bool device_open_at(struct device *d, const char *folder);

/* One that has none. */
void device_none(struct device *d);

/* Packets lost since the last call, or since it was opened. */
uint64_t device_lost(struct device *d);

/* Whether it is of another type than when it was opened. False where it does not say. */
bool device_has_changed(const struct device *d);

/*
 * Whether it has another name than when it was opened: an interface that is up can be given one,
 * and another may have the old one then. False where it does not say.
 */
bool device_is_renamed(const struct device *d);

void device_close(struct device *d);

#endif
