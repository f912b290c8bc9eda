/*
 * Where packets enter the gate in the kernel: a program for each header that
 * they can begin with. Shared by what defines these programs and what loads them.
 */
#ifndef MONITOR_CAPTURE_GATE_ENTRIES_H
#define MONITOR_CAPTURE_GATE_ENTRIES_H

/* clang-format off */
#define GATE_ENTRIES(entry)              \
	entry(ethernet, HEADER_ETHERNET) \
	entry(fddi, HEADER_FDDI)         \
	entry(pppoe, HEADER_PPPOE)       \
	entry(ppp, HEADER_PPP)           \
	entry(hdlc, HEADER_HDLC)         \
	entry(sll, HEADER_SLL)           \
	entry(sll2, HEADER_SLL2)         \
	entry(loopback, HEADER_LOOPBACK) \
	entry(ip, HEADER_IP)             \
	entry(ipv4, HEADER_IPV4)         \
	entry(ipv6, HEADER_IPV6)
/* clang-format on */

#endif
