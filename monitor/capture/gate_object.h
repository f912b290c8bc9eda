/* The kernel's part of the gate as the build made it of gate.bpf.c: an ELF file in memory. */
#ifndef MONITOR_CAPTURE_GATE_OBJECT_H
#define MONITOR_CAPTURE_GATE_OBJECT_H

#include <stddef.h>

extern const unsigned char gate_object[];
extern const size_t gate_object_len; /* 0: there was no compiler for it */

#endif
