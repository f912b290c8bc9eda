/* libpcap's compiler and interpreter behind a struct of our own; see expression.h. */
#include "monitor/capture/expression.h"

#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SNAPLEN 262144 /* what a program returns for a packet that it lets through */

/* The one is cast to the other: they must be laid out alike. */
_Static_assert(sizeof(struct instruction) == sizeof(struct bpf_insn) &&
		   offsetof(struct instruction, jt) == offsetof(struct bpf_insn, jt) &&
		   offsetof(struct instruction, jf) == offsetof(struct bpf_insn, jf) &&
		   offsetof(struct instruction, k) == offsetof(struct bpf_insn, k),
	       "an instruction is libpcap's");

/* libpcap has a number of its own for raw IP alone. */
static int
datalink_of(uint32_t linktype)
{
	return linktype == LINKTYPE_RAW ? DLT_RAW : (int)linktype;
}

static bool
copy(const struct bpf_program *program, struct expression *out, char why[EXPRESSION_WHY_MAX])
{
	if (program->bf_len > EXPRESSION_MAX) {
		snprintf(why, EXPRESSION_WHY_MAX, "it comes to %u instructions, and %d can be run",
			 program->bf_len, EXPRESSION_MAX);
		return false;
	}
	out->count = program->bf_len;
	for (uint32_t i = 0; i < out->count; i++) {
		const struct bpf_insn *from = &program->bf_insns[i];

		out->instructions[i] =
		    (struct instruction){from->code, from->jt, from->jf, from->k};
	}
	return true;
}

bool
expression_compile(const char *text, uint32_t linktype, struct expression *out,
		   char why[EXPRESSION_WHY_MAX])
{
	pcap_t *pcap = pcap_open_dead(datalink_of(linktype), SNAPLEN);
	struct bpf_program program;
	bool is_good = false;

	if (pcap == NULL) {
		snprintf(why, EXPRESSION_WHY_MAX, "out of memory");
		return false;
	}
	if (pcap_compile(pcap, &program, text, 1, PCAP_NETMASK_UNKNOWN) == 0) {
		is_good = copy(&program, out, why);
		pcap_freecode(&program);
	} else {
		snprintf(why, EXPRESSION_WHY_MAX, "%s", pcap_geterr(pcap));
	}
	pcap_close(pcap);
	return is_good;
}

/* What holds for one link type may not for another ("ether host" on raw IP): one is enough. */
bool
expression_is_sound(const char *text, char why[EXPRESSION_WHY_MAX])
{
	static const uint32_t linktypes[] = {DLT_EN10MB, LINKTYPE_RAW, DLT_LINUX_SLL, DLT_NULL};
	struct expression *e = malloc(sizeof(*e));
	char later[EXPRESSION_WHY_MAX] = "";
	bool is_sound = false;

	snprintf(why, EXPRESSION_WHY_MAX, "out of memory");
	/* The words for Ethernet are those that most people would expect. */
	for (size_t i = 0; e != NULL && !is_sound && i < sizeof(linktypes) / sizeof(linktypes[0]);
	     i++)
		is_sound = expression_compile(text, linktypes[i], e, i == 0 ? why : later);
	free(e);
	return is_sound;
}

static const struct bpf_insn *
instructions_of(const struct expression *e)
{
	return (const struct bpf_insn *)(const void *)e->instructions;
}

/* The interpreter ends the process over any other code. */
static bool
is_code(uint16_t code)
{
	static const uint8_t codes[] = {
	    0x20, 0x28, 0x30, 0x40, 0x48, 0x50, 0x80, 0x00, 0x60,       /* load A */
	    0x81, 0xb1, 0x01, 0x61, 0x02, 0x03,                         /* load X, store either */
	    0x05, 0x15, 0x25, 0x35, 0x45, 0x1d, 0x2d, 0x3d, 0x4d,       /* jump */
	    0x04, 0x14, 0x24, 0x34, 0x44, 0x54, 0x64, 0x74, 0x94, 0xa4, /* reckon with K */
	    0x0c, 0x1c, 0x2c, 0x3c, 0x4c, 0x5c, 0x6c, 0x7c, 0x9c, 0xac, /* with X */
	    0x84, 0x06, 0x16, 0x07, 0x87                                /* negate, return, move */
	};

	return code <= UINT8_MAX && memchr(codes, code, sizeof(codes)) != NULL;
}

bool
expression_is_safe(const struct expression *e)
{
	if (e->count == 0)
		return true;
	if (e->count > EXPRESSION_MAX || bpf_validate(instructions_of(e), (int)e->count) == 0)
		return false;
	for (uint32_t i = 0; i < e->count; i++) {
		const struct instruction *in = &e->instructions[i];

		/* Outside of kernels libpcap lets a jump wrap around, which may never end. */
		if (!is_code(in->code) || (in->code == (BPF_JMP | BPF_JA) && in->k >= e->count - i))
			return false;
	}
	return true;
}

bool
expression_passes(const struct expression *e, const struct captured *packet)
{
	return e->count == 0 || bpf_filter(instructions_of(e), packet->bytes.at, packet->wire_len,
					   (u_int)packet->bytes.len) != 0;
}
