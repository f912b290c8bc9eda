/*
 * Shared memory with one packet in it; see blackbox.h. Its size is sealed, so
 * that no reader can take a page away from under its keeper.
 */
#include "monitor/role/blackbox.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "monitor/pcapng.h"

#define KEPT_MAX 16 /* files; who does not look at them needs no more */

struct blackbox {
	struct dissector_flows flows;
	struct live_tally tally;
	int64_t time;
	uint32_t linktype, wire_len, len;
	uint8_t bytes[BLACKBOX_PACKET_MAX];
};

static struct blackbox *
map(int descriptor)
{
	void *at =
	    mmap(NULL, sizeof(struct blackbox), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);

	return at != MAP_FAILED ? at : NULL;
}

struct blackbox *
blackbox_new(int *descriptor)
{
	int fd = memfd_create("waxseal", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	struct blackbox *b = NULL;

	if (fd < 0)
		return NULL;
	if (ftruncate(fd, sizeof(struct blackbox)) == 0 &&
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0)
		b = map(fd);
	if (b == NULL)
		close(fd);
	*descriptor = b != NULL ? fd : -1;
	return b;
}

struct blackbox *
blackbox_of(int descriptor)
{
	return map(descriptor);
}

void
blackbox_free(struct blackbox *b)
{
	if (b != NULL)
		munmap(b, sizeof(*b));
}

void
blackbox_note(struct blackbox *b, const struct captured *packet)
{
	struct bytes front = bytes_first(packet->bytes, BLACKBOX_PACKET_MAX);

	if (b == NULL)
		return;
	b->time = packet->time;
	b->linktype = packet->linktype;
	b->wire_len = packet->wire_len;
	b->len = (uint32_t)front.len;
	if (front.len > 0)
		memcpy(b->bytes, front.at, front.len);
}

void
blackbox_count(struct blackbox *b, const struct dissector_flows *flows)
{
	if (b != NULL)
		b->flows = *flows;
}

struct dissector_flows
blackbox_flows(const struct blackbox *b)
{
	return b != NULL ? b->flows : (struct dissector_flows){0};
}

void
blackbox_tally(struct blackbox *b, const struct live_tally *tally)
{
	if (b != NULL)
		b->tally = *tally;
}

struct live_tally
blackbox_tallied(const struct blackbox *b)
{
	return b != NULL ? b->tally : (struct live_tally){0};
}

/* A file that nobody else can read, and that was not there; -1 where all names are taken. */
static int
create(const char *db, char *name, size_t name_size)
{
	int fd = -1;

	for (int i = 1; fd < 0 && i <= KEPT_MAX; i++) {
		snprintf(name, name_size, "%s.crash-%d.pcapng", db, i);
		fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (fd < 0 && errno != EEXIST)
			break;
	}
	if (fd < 0)
		snprintf(name, name_size, "%s",
			 errno == EEXIST ? "there are enough of such files already"
					 : strerror(errno));
	return fd;
}

static bool
write_packet(int fd, const struct blackbox *b, const char *comment)
{
	const struct pcapng_packet packet = {
	    .time = b->time,
	    .linktype = b->linktype,
	    .wire_len = b->wire_len,
	    .bytes = {b->bytes, b->len},
	    .comment = comment,
	};
	struct pcapng p;
	FILE *out = fdopen(fd, "w");
	bool is_good;

	if (out == NULL) {
		close(fd);
		return false;
	}
	pcapng_begin(&p, out, "waxseal", NULL);
	is_good = pcapng_packet(&p, &packet) && fflush(out) == 0;
	return fclose(out) == 0 && is_good;
}

bool
blackbox_keep(const struct blackbox *b, const char *db, const char *comment, char *name,
	      size_t name_size)
{
	struct blackbox *copy = malloc(sizeof(*copy));
	bool is_kept = false;
	int fd;

	snprintf(name, name_size, "no packet was being read");
	if (b == NULL || copy == NULL)
		goto done;
	memcpy(copy, b, sizeof(*copy));
	if (copy->len == 0 || copy->len > BLACKBOX_PACKET_MAX)
		goto done;
	fd = create(db, name, name_size);
	if (fd < 0)
		goto done;
	is_kept = write_packet(fd, copy, comment);
	if (!is_kept) {
		unlink(name);
		snprintf(name, name_size, "it could not be written");
	}
done:
	free(copy);
	return is_kept;
}
