/* The link types of fuzz_packet's input, by index: those that are read, and one that is not. */
#ifndef TESTS_LINKTYPES_H
#define TESTS_LINKTYPES_H

#include <stdint.h>

static const uint32_t linktypes[] = {1,   0,   9,   10,  12,  14,  50,  51, 101,
				     104, 108, 113, 228, 229, 239, 276, 127};
#define LINKTYPES (sizeof(linktypes) / sizeof(linktypes[0]))

#endif
