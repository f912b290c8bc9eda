/* Runs a fuzz target over files, where there is no fuzzer: its corpus must not crash it. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
replay(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t *data = NULL;
	long size;
	int failed = 1;

	if (!file)
		return 1;
	if (fseek(file, 0, SEEK_END) == 0 && (size = ftell(file)) >= 0) {
		rewind(file);
		/* A block of just this size, so that a sanitizer sees one byte too far. */
		data = malloc(size > 0 ? (size_t)size : 1);
		if (data && fread(data, 1, (size_t)size, file) == (size_t)size) {
			LLVMFuzzerTestOneInput(data, (size_t)size);
			failed = 0;
		}
	}
	free(data);
	fclose(file);
	return failed;
}

int
main(int argc, char **argv)
{
	int failed = 0;

	for (int i = 1; i < argc; i++) {
		if (replay(argv[i])) {
			fprintf(stderr, "%s: cannot be read\n", argv[i]);
			failed = 1;
		}
	}
	return failed;
}
