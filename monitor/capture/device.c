/* Statistics of /sys; see device.h. Each reading of such a file from its start makes it anew. */
#include "monitor/capture/device.h"

#include <ctype.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NUMBER_MAX 32  /* bytes of a counter as text, NUL included */
#define ABOUT_MAX  256 /* bytes of what tells the name, NUL included */
#define NAME_IS    "INTERFACE="

static const char *const names[DEVICE_COUNTERS] = {"statistics/rx_missed_errors",
						   "statistics/rx_fifo_errors"};

/* False where it says nothing: it is not open, or its interface is gone. */
static bool
read_counter(const struct device_counter *c, uint64_t *out)
{
	char text[NUMBER_MAX];
	ssize_t n = -1;

	if (c->descriptor >= 0 && lseek(c->descriptor, 0, SEEK_SET) == 0)
		n = read(c->descriptor, text, sizeof(text) - 1);
	if (n <= 0 || !isdigit((unsigned char)text[0]))
		return false;
	text[n] = '\0';
	*out = strtoull(text, NULL, 10);
	return true;
}

/* False where it says nothing. */
static bool
open_counter(struct device_counter *c, const char *folder, const char *name)
{
	char path[PATH_MAX];

	*c = (struct device_counter){.descriptor = -1};
	if (snprintf(path, sizeof(path), "%s/%s", folder, name) >= (int)sizeof(path))
		return false;
	c->descriptor = open(path, O_RDONLY | O_CLOEXEC);
	return read_counter(c, &c->last);
}

/* False where it does not say. */
static bool
read_name(const struct device *d, char out[DEVICE_NAME_MAX])
{
	char text[ABOUT_MAX];
	const char *name;
	ssize_t n = -1;

	if (d->about >= 0 && lseek(d->about, 0, SEEK_SET) == 0)
		n = read(d->about, text, sizeof(text) - 1);
	if (n <= 0)
		return false;
	text[n] = '\0';
	name = strstr(text, NAME_IS);
	if (name == NULL)
		return false;
	name += sizeof(NAME_IS) - 1;
	snprintf(out, DEVICE_NAME_MAX, "%.*s", (int)strcspn(name, "\n"), name);
	return true;
}

static void
open_name(struct device *d, const char *folder)
{
	char path[PATH_MAX];

	d->about = -1;
	if (snprintf(path, sizeof(path), "%s/uevent", folder) < (int)sizeof(path))
		d->about = open(path, O_RDONLY | O_CLOEXEC);
	if (!read_name(d, d->name))
		d->name[0] = '\0';
}

bool
device_open_at(struct device *d, const char *folder)
{
	bool is_any = false;

	open_name(d, folder);
	open_counter(&d->type, folder, "type");
	for (size_t i = 0; i < DEVICE_COUNTERS; i++)
		is_any = open_counter(&d->counters[i], folder, names[i]) || is_any;
	return is_any;
}

void
device_none(struct device *d)
{
	for (size_t i = 0; i < DEVICE_COUNTERS; i++)
		d->counters[i] = (struct device_counter){.descriptor = -1};
	d->type = (struct device_counter){.descriptor = -1};
	d->about = -1;
	d->name[0] = '\0';
}

bool
device_open(struct device *d, const char *interface)
{
	char folder[PATH_MAX];

	device_none(d);
	if (strchr(interface, '/') != NULL)
		return false;
	snprintf(folder, sizeof(folder), "/sys/class/net/%s", interface);
	return device_open_at(d, folder);
}

uint64_t
device_lost(struct device *d)
{
	uint64_t lost = 0;

	for (size_t i = 0; i < DEVICE_COUNTERS; i++) {
		struct device_counter *c = &d->counters[i];
		uint64_t now;

		if (!read_counter(c, &now))
			continue;
		/* A driver that was reset counts anew. */
		lost += now >= c->last ? now - c->last : now;
		c->last = now;
	}
	return lost;
}

bool
device_has_changed(const struct device *d)
{
	uint64_t type;

	return read_counter(&d->type, &type) && type != d->type.last;
}

bool
device_is_renamed(const struct device *d)
{
	char name[DEVICE_NAME_MAX];

	return d->name[0] != '\0' && read_name(d, name) && strcmp(name, d->name) != 0;
}

void
device_close(struct device *d)
{
	if (d->about >= 0)
		close(d->about);
	if (d->type.descriptor >= 0)
		close(d->type.descriptor);
	for (size_t i = 0; i < DEVICE_COUNTERS; i++)
		if (d->counters[i].descriptor >= 0)
			close(d->counters[i].descriptor);
	device_none(d);
}
