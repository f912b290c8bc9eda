/*
 * Any bytes as a saved capture, plain or packed. What is handed out is read
 * whole; how it ended must be said in words, or not at all where all was well.
 */
#include "monitor/capture/capture.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PACKETS_EACH 64
#define ROUNDS_MAX   256 /* so many packets and more stand for however many there are */

static unsigned sink;

static void
on_packet(void *ctx, const struct captured *packet)
{
	const int64_t *latest = ctx;

	if (packet->wire_len < packet->bytes.len || packet->time < 0 || packet->time > *latest)
		abort();
	for (size_t i = 0; i < packet->bytes.len; i++)
		sink += packet->bytes.at[i];
}

static void
read_all(struct capture *c, size_t size)
{
	int64_t latest = INT64_C(253402300800) * 1000000;
	int rounds = 0;

	while (capture_read(c, PACKETS_EACH, on_packet, &latest))
		if (++rounds == ROUNDS_MAX)
			return;
	if (capture_end(c) == CAPTURE_FOREIGN || capture_consumed(c) > size)
		abort();
	if ((capture_end(c) == CAPTURE_WHOLE) != (capture_why(c)[0] == '\0'))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char why[CAPTURE_WHY_MAX] = "";
	int file = memfd_create("capture", MFD_CLOEXEC);
	enum capture_end end;
	struct capture *c;

	if (file < 0 || write(file, data, size) != (ssize_t)size || lseek(file, 0, SEEK_SET) != 0)
		abort();
	c = capture_open(file, &end, why);
	if (!c && why[0] == '\0')
		abort();
	if (c)
		read_all(c, size);
	capture_close(c);
	return 0;
}
