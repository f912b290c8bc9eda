/*
 * Programs for the kernel that the build made and put into this program: opened
 * from memory, nothing read from disk. Those that begin on a link header have an
 * entry for each (gate_entries.h).
 */
#ifndef MONITOR_CAPTURE_KERNEL_OBJECT_H
#define MONITOR_CAPTURE_KERNEL_OBJECT_H

#include <stddef.h>
#include <stdint.h>

#include <bpf/libbpf.h>

/* Each as the build made it of the file of its name; a length of 0: there was no compiler. */
extern const unsigned char gate_object[], steer_object[];
extern const size_t gate_object_len, steer_object_len;

/* Open it, to be loaded; NULL, with errno, ENOTSUP where it is not built. The caller closes it. */
struct bpf_object *kernel_object_open(const unsigned char *at, size_t len);

/* The entry for packets that begin as on this link type; -1 where there is none. */
int kernel_object_entry(const struct bpf_object *o, uint32_t linktype);

/* The same as a live socket is given them: without the header that libpcap adds itself. */
int kernel_object_live_entry(const struct bpf_object *o, uint32_t linktype);

#endif
