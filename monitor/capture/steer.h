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

/* A group of capture sockets, Linux 4.12. */
struct steer;

#define STEER_WHY_MAX 256 /* bytes of a line on what the kernel refused, NUL included */

/*
 * Prepare a group of so many, at least 1, of that LINKTYPE_. NULL where memory is
 * refused. To be kept as long as one of its sockets is open.
 */
struct steer *steer_new(uint32_t linktype, unsigned readers);

/* NULL does nothing. */
void steer_free(struct steer *s);

/*
 * Have that packet socket, which captures and is in no group, join. Members in
 * excess of the group's size are given nothing until others have left; the
 * kernel's own hash shares out among all that there are. Where the kernel takes
 * no program why says what is lost by that, else it is empty. False, and a line
 * in why, where the socket cannot join: another interface than the others'.
 */
bool steer_join(struct steer *s, int socket, char why[STEER_WHY_MAX]);

/* The program that shares out, for tests; -1 where there is none, and the errno that kept it away.
 */
int steer_program(const struct steer *s);
int steer_error(const struct steer *s);

#endif
