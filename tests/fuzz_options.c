/*
 * A command line and a configuration file. The input is lines: up to the first
 * empty one they are arguments, what follows is the file.
 */
#include "monitor/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ARGUMENTS_MAX 32

struct line {
	char *argv[ARGUMENTS_MAX + 3];
	int argc;
};

/* Nothing that is a path, so that no other file is opened. */
static void
add(struct line *l, struct bytes word)
{
	char *copy;

	if (l->argc > ARGUMENTS_MAX || bytes_find(word, '/') < word.len)
		return;
	copy = malloc(word.len + 1);
	if (!copy)
		abort();
	memcpy(copy, word.at, word.len);
	copy[word.len] = '\0';
	l->argv[l->argc++] = copy;
}

static struct bytes
read_arguments(struct line *l, struct bytes in)
{
	while (in.len > 0) {
		size_t len = bytes_find(in, '\n');
		struct bytes word = bytes_first(in, len);

		in = bytes_after(in, len + 1);
		if (word.len == 0)
			break;
		add(l, word);
	}
	return in;
}

/* A file of these bytes; its path, to be opened as long as the descriptor is. */
static int
file_of(struct bytes in, char *path, size_t size)
{
	int file = memfd_create("configuration", MFD_CLOEXEC);

	if (file < 0 || (in.len > 0 && write(file, in.at, in.len) != (ssize_t)in.len))
		abort();
	snprintf(path, size, "--config=/proc/self/fd/%d", file);
	return file;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct options options;
	struct line line = {{strdup("waxseal")}, 1};
	struct bytes rest = read_arguments(&line, (struct bytes){data, size});
	char why[OPTIONS_WHY_MAX] = "", path[64];
	int file = file_of(rest, path, sizeof(path));
	enum parsed parsed;

	line.argv[line.argc++] = strdup(path);
	parsed = options_parse(line.argc, line.argv, &options, why);
	if ((parsed == PARSED_MISUSE || parsed == PARSED_FAILED) && why[0] == '\0')
		abort();
	if (parsed == PARSED_RUN && !options.command)
		abort();
	options_free(&options);
	while (line.argc > 0)
		free(line.argv[--line.argc]);
	close(file);
	return 0;
}
