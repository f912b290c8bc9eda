/* Packed files as stdio streams; see unpack.h. */
#include "monitor/capture/unpack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#define INPUT_SIZE  ((size_t)256 << 10)
#define STREAM_SIZE ((size_t)256 << 10)
#define MAGIC_MAX   4
#define GZIP_WINDOW (15 + 16) /* the largest window, and a gzip header around it */

enum packing { PACKING_UNKNOWN, PACKING_NONE, PACKING_GZIP, PACKING_ZSTD };

struct unpack {
	int descriptor;
	enum packing packing;
	FILE *stream;
	z_stream gzip;
	ZSTD_DStream *zstd;
	bool is_inside;     /* a member or frame has begun and not ended */
	bool is_pending;    /* more can come out without further input */
	bool is_input_over; /* the descriptor is at its end */
	bool is_over;       /* nothing more will come out */
	bool is_cut;
	const char *error;
	void (*wait)(void *ctx); /* NULL: nobody asks, or it is a file */
	void *ctx;
	uint64_t consumed;
	size_t begin, end; /* what of input is not yet unpacked */
	uint8_t input[INPUT_SIZE];
	char buffer[STREAM_SIZE]; /* the stream's */
};

/* Read some of the file; 0 at its end, and where it cannot be read. */
static size_t
read_file(struct unpack *u, void *out, size_t size)
{
	ssize_t n;

	if (u->is_input_over)
		return 0;
	if (u->wait != NULL)
		u->wait(u->ctx);
	do
		n = read(u->descriptor, out, size);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		u->error = strerror(errno);
	if (n <= 0) {
		u->is_input_over = true;
		return 0;
	}
	u->consumed += (uint64_t)n;
	return (size_t)n;
}

/* Read on; true where there is input to work on. */
static bool
fill(struct unpack *u)
{
	if (u->begin < u->end)
		return true;
	u->begin = 0;
	u->end = read_file(u, u->input, sizeof(u->input));
	return u->end > 0;
}

/* Read until the first bytes are there, however small the pieces in which they come. */
static void
fill_magic(struct unpack *u)
{
	while (u->end < MAGIC_MAX) {
		ssize_t n = read(u->descriptor, u->input + u->end, sizeof(u->input) - u->end);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			u->error = strerror(errno);
		if (n <= 0)
			break;
		u->consumed += (uint64_t)n;
		u->end += (size_t)n;
	}
}

static bool
is_gzip(const uint8_t *at, size_t len)
{
	return len >= 2 && at[0] == 0x1f && at[1] == 0x8b;
}

/* A frame (0xFD2FB528) or a skippable one (0x184D2A50 to 5F), little-endian. */
static bool
is_zstd(const uint8_t *at, size_t len)
{
	static const uint8_t frame[] = {0x28, 0xb5, 0x2f, 0xfd}, skippable[] = {0x2a, 0x4d, 0x18};

	return len >= 4 && (memcmp(at, frame, sizeof(frame)) == 0 ||
			    (at[0] >> 4 == 5 && memcmp(at + 1, skippable, sizeof(skippable)) == 0));
}

static void
recognise(struct unpack *u)
{
	fill_magic(u);
	u->packing = PACKING_NONE;
	if (is_gzip(u->input, u->end)) {
		if (inflateInit2(&u->gzip, GZIP_WINDOW) == Z_OK)
			u->packing = PACKING_GZIP;
		else
			u->error = "out of memory";
	} else if (is_zstd(u->input, u->end)) {
		u->zstd = ZSTD_createDStream();
		if (u->zstd != NULL)
			u->packing = PACKING_ZSTD;
		else
			u->error = "out of memory";
	}
}

/* What was read to recognise it comes first; the rest goes straight where it is wanted. */
static size_t
copy_plain(struct unpack *u, char *out, size_t size)
{
	size_t n = u->end - u->begin < size ? u->end - u->begin : size;

	if (n == 0)
		return read_file(u, out, size);
	memcpy(out, u->input + u->begin, n);
	u->begin += n;
	return n;
}

/*
 * Behind a member another may begin; anything else is padding, as tapes leave
 * it, and is passed over.
 */
static void
next_member(struct unpack *u)
{
	u->is_inside = false;
	if (fill(u) && u->input[u->begin] == 0x1f)
		inflateReset(&u->gzip);
	else
		u->is_over = true;
}

static size_t
inflate_some(struct unpack *u, char *out, size_t size)
{
	int status;

	u->gzip.next_in = u->input + u->begin;
	u->gzip.avail_in = (uInt)(u->end - u->begin);
	u->gzip.next_out = (Bytef *)out;
	u->gzip.avail_out = (uInt)size;
	u->is_inside = true;
	status = inflate(&u->gzip, Z_NO_FLUSH);
	u->begin = u->end - u->gzip.avail_in;
	u->is_pending = status == Z_OK && u->gzip.avail_out == 0;
	if (status == Z_STREAM_END)
		next_member(u);
	else if (status != Z_OK && status != Z_BUF_ERROR)
		u->error = "the gzip form is damaged";
	return size - u->gzip.avail_out;
}

static size_t
decompress_some(struct unpack *u, char *out, size_t size)
{
	ZSTD_inBuffer in = {u->input, u->end, u->begin};
	ZSTD_outBuffer to = {out, size, 0};
	size_t hint = ZSTD_decompressStream(u->zstd, &to, &in);

	u->begin = in.pos;
	if (ZSTD_isError(hint))
		u->error = ZSTD_getErrorName(hint);
	u->is_inside = hint != 0;
	u->is_pending = hint != 0 && to.pos == size;
	return to.pos;
}

static size_t
unpack_some(struct unpack *u, char *out, size_t size)
{
	if (u->packing == PACKING_NONE)
		return copy_plain(u, out, size);
	if (!u->is_pending && !fill(u))
		return 0;
	switch (u->packing) {
	case PACKING_GZIP:
		return inflate_some(u, out, size);
	case PACKING_ZSTD:
		return decompress_some(u, out, size);
	case PACKING_UNKNOWN:
	case PACKING_NONE:
		break;
	}
	return 0;
}

static ssize_t
stream_read(void *cookie, char *out, size_t size)
{
	struct unpack *u = cookie;
	size_t n = 0;

	if (u->packing == PACKING_UNKNOWN)
		recognise(u);
	while (n == 0 && u->error == NULL && !u->is_over) {
		n = unpack_some(u, out, size);
		if (n == 0 && u->begin == u->end && u->is_input_over && !u->is_pending) {
			u->is_cut = u->is_inside;
			u->is_over = true;
		}
	}
	if (n == 0 && u->error != NULL) {
		errno = EIO;
		return -1;
	}
	return (ssize_t)n;
}

static int
stream_close(void *cookie)
{
	struct unpack *u = cookie;

	if (u->packing == PACKING_GZIP)
		inflateEnd(&u->gzip);
	ZSTD_freeDStream(u->zstd);
	close(u->descriptor);
	free(u);
	return 0;
}

struct unpack *
unpack_new(int descriptor)
{
	const cookie_io_functions_t calls = {.read = stream_read, .close = stream_close};
	struct unpack *u = calloc(1, sizeof(*u));

	if (u == NULL)
		return NULL;
	u->descriptor = descriptor;
	u->stream = fopencookie(u, "r", calls);
	if (u->stream == NULL) {
		free(u);
		return NULL;
	}
	/* stdio asks for this much at a time; it uses the buffer until the stream is closed. */
	setvbuf(u->stream, u->buffer, _IOFBF, sizeof(u->buffer));
	return u;
}

FILE *
unpack_stream(struct unpack *u)
{
	return u->stream;
}

void
unpack_on_wait(struct unpack *u, void (*wait)(void *ctx), void *ctx)
{
	/* What cannot be sought in is no file: more of it may come late. */
	u->wait = lseek(u->descriptor, 0, SEEK_CUR) < 0 ? wait : NULL;
	u->ctx = ctx;
}

uint64_t
unpack_consumed(const struct unpack *u)
{
	return u->consumed;
}

bool
unpack_is_cut(const struct unpack *u)
{
	return u->is_cut;
}

const char *
unpack_error(const struct unpack *u)
{
	return u->error;
}
