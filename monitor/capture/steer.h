/*
 * Several readers of one interface: each packet goes to one of them, both
 * directions of a flow to the same.
 *
 * By a program in the kernel that looks into tunnels; where the kernel refuses
 * that, by its own hash, which sees the outermost connection alone. On its own
 * because <linux/bpf.h> and <pcap.h> cannot stand in one file.
 */
#ifndef MONITOR_CAPTURE_STEER_H
#define MONITOR_CAPTURE_STEER_H

#include <stdbool.h>
#include <stdint.h>

struct steer;

#define STEER_WHY_MAX 256 /* bytes of a line on what the kernel refused, NUL included */

/*
 * Join the group at that packet socket, of that LINKTYPE_. All members must be
 * given the same link type. Where the kernel takes the program *out is to be
 * kept as long as the socket is open, and given back with steer_free; else it is
 * NULL, and why, if not empty, says what is lost. False, and a line in why,
 * where the group cannot be joined at all.
 */
bool steer_join(int socket, uint32_t linktype, uint16_t group, struct steer **out,
		char why[STEER_WHY_MAX]);

/* NULL does nothing. */
void steer_free(struct steer *s);

/* The program for packets of a live socket of that link type, for tests; -1 where there is none. */
int steer_program(const struct steer *s, uint32_t linktype);

/* Load it without joining, for tests; NULL, with errno, where the kernel refuses. */
struct steer *steer_load(void);

#endif
