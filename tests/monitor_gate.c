/*
 * The gate in the kernel against the gate in user space: the same packets, and
 * the same verdict for each. The dissector judges both. Packets are those of
 * the fuzzers' corpus, of tests/captures, and of ../shared/corpus where it is
 * there; each also changed at random.
 *
 * A kernel that takes no eBPF of this user skips what needs it, and says so.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "monitor/capture/capture.h"
#include "monitor/capture/gate.h"
#include "monitor/capture/gate_kernel.h"
#include "monitor/capture/kernel_object.h"
#include "tests/gate_judge.h"
#include "tests/linktypes.h"

#define SNAPLEN   77777
#define FLOWS     65536
#define BYTES_MAX 2048 /* of a packet here: what a test run of the kernel takes in one page */
#define CHANGED   4    /* packets made of each by chance */
#define PREFIX    14   /* an Ethernet header, which a test run takes off before the filter */

static struct both {
	struct plain_gate *plain;
	struct gate_kernel *kernel, *cooked; /* NULL: the kernel refuses */
	struct fragments *fragments;
	uint8_t service[65536]; /* odd ports are watched */
	uint32_t chance;
	size_t packets, watched, marks;
	size_t unwatched[GATE_VERDICTS], other[GATE_VERDICTS]; /* as captured, by verdict */
} both;

/* Marsaglia: "Xorshift RNGs", 2003. The same numbers in every run. */
static uint32_t
chance(void)
{
	both.chance ^= both.chance << 13;
	both.chance ^= both.chance >> 17;
	both.chance ^= both.chance << 5;
	return both.chance;
}

static int
prepare(void **state)
{
	struct plain_gate_config plain = {.flows = FLOWS, .service = both.service};
	const struct gate_kernel_config kernel = {FLOWS, SNAPLEN, both.service};

	(void)state;
	both.chance = 2463534242;
	for (size_t port = 1; port < sizeof(both.service); port += 2)
		both.service[port] = 1;
	both.plain = plain_gate_new(&plain);
	both.fragments = fragments_init(malloc(fragments_size(FRAGMENT_DATAGRAMS_MIN)),
					FRAGMENT_DATAGRAMS_MIN, plain.secret);
	both.cooked = gate_kernel_new(&kernel);
	both.kernel = gate_kernel_new(&kernel);
	if (!both.kernel)
		print_message("# the kernel takes no gate: %s\n", strerror(errno));
	return both.plain ? 0 : -1;
}

static void
begin(void)
{
	struct plain_gate_config plain = {.flows = FLOWS, .service = both.service};
	const struct gate_kernel_config kernel = {FLOWS, SNAPLEN, both.service};

	plain_gate_free(both.plain);
	both.plain = plain_gate_new(&plain);
	if (both.kernel) {
		gate_kernel_free(both.kernel);
		both.kernel = gate_kernel_new(&kernel);
		assert_non_null(both.kernel);
	}
	both.packets = both.watched = both.marks = 0;
	memset(both.unwatched, 0, sizeof(both.unwatched));
	memset(both.other, 0, sizeof(both.other));
}

/* What a filter returns for a packet; protocol is what the kernel would know beside it. */
static uint32_t
run(int program, uint16_t protocol, struct bytes packet)
{
	static uint8_t data[PREFIX + BYTES_MAX];
	LIBBPF_OPTS(bpf_test_run_opts, o, .data_in = data, .repeat = 1);

	data[12] = (uint8_t)(protocol >> 8);
	data[13] = (uint8_t)protocol;
	memcpy(data + PREFIX, packet.at, packet.len);
	o.data_size_in = (uint32_t)(PREFIX + packet.len);
	if (bpf_prog_test_run_opts(program, &o) != 0)
		fail_msg("test run of %zu bytes: %s", packet.len, strerror(errno));
	return o.retval;
}

static void
print_packet(const struct captured *in, const char *what)
{
	print_message("# %s; link type %u, %zu bytes:\n#", what, in->linktype, in->bytes.len);
	for (size_t i = 0; i < in->bytes.len && i < 160; i++)
		print_message(" %02x", in->bytes.at[i]);
	print_message("\n");
}

static void
assert_same(const struct captured *in, uint32_t returned, enum gate_verdict verdict)
{
	if (returned == (verdict == GATE_PASS ? SNAPLEN : 0))
		return;
	print_packet(in, "two verdicts");
	fail_msg("the kernel returns %u, in user space it is %d", returned, verdict);
}

/* A cooked socket's packets have no link header: what it says stands beside them. */
static void
compare_cooked(const struct captured *in, enum gate_verdict verdict)
{
	size_t len = in->linktype == 113 ? 16 : 20, at = in->linktype == 113 ? 14 : 0;
	uint16_t protocol;

	/* Nothing is marked there; and a test run wants a whole IP header where the type says IP.
	 */
	if (in->bytes.len < len + 40 || verdict == GATE_SETTLED)
		return;
	protocol = (uint16_t)(in->bytes.at[at] << 8 | in->bytes.at[at + 1]);
	if (protocol >= 0x0600)
		assert_same(in,
			    run(gate_kernel_live_program(both.cooked, in->linktype), protocol,
				bytes_after(in->bytes, len)),
			    verdict);
}

static void
compare(const struct captured *in, enum gate_verdict verdict)
{
	int program = both.kernel ? gate_kernel_program(both.kernel, in->linktype) : -1;
	bool is_netlink = in->linktype == 113 ? in->bytes.len > 4 && in->bytes.at[2] == 3
					      : in->bytes.len > 10 && in->bytes.at[8] == 3;

	if (program >= 0)
		assert_same(in, run(program, 0, in->bytes), verdict);
	else if (both.kernel)
		assert_int_equal(verdict, GATE_PASS);
	if (both.cooked && (in->linktype == 113 || in->linktype == 276) && !is_netlink)
		compare_cooked(in, verdict);
}

/* One packet through all; as_captured: nobody has changed it. */
static void
check(const struct captured *packet, bool as_captured)
{
	struct captured in = *packet;
	struct gate_judged judged;

	in.bytes = bytes_first(in.bytes, BYTES_MAX);
	in.wire_len = (uint32_t)in.bytes.len;
	judged = gate_judge(both.plain, both.fragments, &in, both.service);
	if (judged.breach) {
		print_packet(&in, judged.breach);
		fail_msg("%s", judged.breach);
	}
	compare(&in, judged.verdict);
	both.packets++;
	both.watched += judged.is_watched;
	if (as_captured && judged.got == PACKET_TCP && !judged.is_watched)
		both.unwatched[judged.verdict]++;
	if (as_captured && judged.got == PACKET_OTHER)
		both.other[judged.verdict]++;
	if (judged.is_watched && chance() % 4 == 0) {
		both.marks++;
		plain_gate_mark(both.plain, &judged.key);
		if (both.kernel)
			assert_true(gate_kernel_mark(both.kernel, &judged.key));
	}
}

/* Bits, numbers that mean something somewhere, and cuts; mostly where headers are. */
static size_t
change(uint8_t *bytes, size_t len)
{
	static const uint8_t telling[] = {0,    1,    4,    6,    17,   41,   43,   44,   47,  51,
					  0x45, 0x60, 0x08, 0x81, 0x86, 0x88, 0x89, 0xdd, 137, 255};

	for (uint32_t n = 1 + chance() % 4; n > 0 && len > 0; n--) {
		size_t at = chance() % (len < 120 ? len : 120);

		switch (chance() % 4) {
		case 0:
			bytes[at] ^= (uint8_t)(1 << chance() % 8);
			break;
		case 1:
			bytes[at] = (uint8_t)chance();
			break;
		case 2:
			bytes[at] = telling[chance() % sizeof(telling)];
			break;
		default:
			if (chance() % 4 == 0)
				len = at;
			break;
		}
	}
	return len;
}

static void
check_and_change(void *ctx, const struct captured *packet)
{
	static uint8_t bytes[BYTES_MAX];
	struct captured in = *packet;

	(void)ctx;
	check(&in, true);
	for (int i = 0; i < CHANGED; i++) {
		in.bytes = bytes_first(packet->bytes, BYTES_MAX);
		memcpy(bytes, in.bytes.at, in.bytes.len);
		in.bytes = (struct bytes){bytes, change(bytes, in.bytes.len)};
		check(&in, false);
	}
}

/* A file of tests/corpus/packet, as fuzz_packet reads it. */
static void
check_seed(const char *path)
{
	static uint8_t data[1 << 17];
	FILE *file = fopen(path, "rb");
	size_t size, at = 0;

	assert_non_null(file);
	size = fread(data, 1, sizeof(data), file);
	fclose(file);
	while (size - at >= 4) {
		size_t len = (size_t)(data[at + 2] << 8 | data[at + 3]);
		struct captured in = {.linktype = linktypes[data[at] % LINKTYPES]};

		len = len < size - at - 4 ? len : size - at - 4;
		in.bytes = (struct bytes){data + at + 4, len};
		check_and_change(NULL, &in);
		at += 4 + len;
	}
}

static void
check_capture(const char *path)
{
	char why[CAPTURE_WHY_MAX];
	enum capture_end end;
	struct capture *c = capture_open(open(path, O_RDONLY | O_CLOEXEC), &end, why);

	while (c && capture_read(c, 1000, check_and_change, NULL))
		;
	capture_close(c);
}

static size_t
check_all(const char *pattern, void (*check_file)(const char *path))
{
	glob_t found;
	size_t count = 0;

	if (glob(pattern, 0, NULL, &found) != 0)
		return 0;
	for (; count < found.gl_pathc; count++)
		check_file(found.gl_pathv[count]);
	globfree(&found);
	return count;
}

/* Packet by packet the verdicts were the same; so must be what was counted under each. */
static void
assert_same_counts(void)
{
	struct gate_count plain[GATE_VERDICTS], kernel[GATE_VERDICTS];

	plain_gate_counts(both.plain, plain);
	print_message("# %zu packets, %zu of watched services, %zu marks; withheld: "
		      "%lu other, %lu unwatched, %lu settled\n",
		      both.packets, both.watched, both.marks,
		      (unsigned long)plain[GATE_OTHER].packets,
		      (unsigned long)plain[GATE_UNWATCHED].packets,
		      (unsigned long)plain[GATE_SETTLED].packets);
	if (!both.kernel)
		return;
	assert_true(gate_kernel_counts(both.kernel, kernel));
	for (int i = 0; i < GATE_VERDICTS; i++) {
		assert_int_equal(plain[i].packets, kernel[i].packets);
		assert_int_equal(plain[i].bytes, kernel[i].bytes);
	}
}

/* A gate that passes all keeps every promise: it must also withhold what it can. */
static void
assert_worth_having(void)
{
	print_message("# as captured: unwatched TCP %zu withheld, %zu passed; no TCP %zu withheld, "
		      "%zu passed\n",
		      both.unwatched[GATE_UNWATCHED], both.unwatched[GATE_PASS],
		      both.other[GATE_OTHER], both.other[GATE_PASS]);
	assert_true(both.unwatched[GATE_UNWATCHED] >= 9 * both.unwatched[GATE_PASS]);
	assert_true(both.other[GATE_OTHER] >= 9 * both.other[GATE_PASS]);
}

static void
gate_is_the_same_in_the_kernel_over_the_corpus(void **state)
{
	(void)state;
	begin();
	assert_in_range(check_all("tests/corpus/packet/*", check_seed), 10, 100000);
	assert_in_range(check_all("tests/captures/*.pcap", check_capture), 10, 100000);
	assert_same_counts();
	if (!both.kernel)
		skip();
}

static void
gate_is_the_same_in_the_kernel_over_foreign_captures(void **state)
{
	size_t captures;

	(void)state;
	begin();
	captures = check_all("../shared/corpus/*.pcap*", check_capture) +
		   check_all("../shared/corpus/bad/*", check_capture);
	print_message("# %zu captures in ../shared/corpus\n", captures);
	assert_same_counts();
	if (captures > 0)
		assert_worth_having();
	if (captures == 0 || !both.kernel)
		skip();
}

static struct flow_key
key_of(uint16_t port)
{
	return (struct flow_key){.low = {192, 0, 2, 1},
				 .high = {192, 0, 2, 2},
				 .low_port = port,
				 .high_port = 9,
				 .family = 4};
}

static void
marks_are_held_counted_and_taken_away(void **state)
{
	struct flow_key key = key_of(25);
	struct gate_count flow = {1, 1};

	(void)state;
	if (!both.kernel)
		skip();
	assert_false(gate_kernel_flow(both.kernel, &key, &flow));
	assert_true(gate_kernel_mark(both.kernel, &key));
	assert_true(gate_kernel_mark(both.kernel, &key));
	assert_true(gate_kernel_flow(both.kernel, &key, &flow));
	assert_int_equal(flow.packets, 0);
	assert_true(gate_kernel_forget(both.kernel, &key));
	assert_false(gate_kernel_forget(both.kernel, &key));
	assert_int_equal(errno, ENOENT);
}

/* However many are marked, the table keeps its size and takes the newest. */
static void
a_full_table_still_takes_marks(void **state)
{
	const struct gate_kernel_config config = {1024, SNAPLEN, both.service};
	struct gate_kernel *k = gate_kernel_new(&config);
	struct gate_count flow;
	struct flow_key key;
	size_t held = 0;

	(void)state;
	if (!k)
		skip();
	for (uint32_t port = 0; port < 65536; port++) {
		key = key_of((uint16_t)port);
		assert_true(gate_kernel_mark(k, &key));
		assert_true(gate_kernel_flow(k, &key, &flow));
	}
	for (uint32_t port = 0; port < 65536; port++) {
		key = key_of((uint16_t)port);
		held += gate_kernel_flow(k, &key, &flow);
	}
	assert_in_range(held, 1, 1024);
	gate_kernel_free(k);
}

/* ---- What old verifiers ask for; seen in the object, so that no kernel is needed. ---- */

#define INSTRUCTIONS_MAX 4096 /* of one program, before Linux 5.2 */

/* Where an instruction may go on to; fewer than two are -1. */
static void
successors(const struct bpf_insn *code, int at, int next[2])
{
	const struct bpf_insn *i = &code[at];
	int kind = BPF_CLASS(i->code), op = BPF_OP(i->code);
	bool is_jump = (kind == BPF_JMP || kind == 0x06 /* BPF_JMP32 */) && op != BPF_CALL;

	next[0] = is_jump && (op == BPF_EXIT || op == BPF_JA) ? -1 : at + 1;
	next[1] = is_jump && op != BPF_EXIT ? at + 1 + i->off : -1;
	if (i->code == (BPF_LD | BPF_IMM | BPF_DW))
		next[0] = at + 2;
}

enum colour { WHITE, GREY, BLACK };

/* A loop is a way back to an instruction that is still under way. */
static bool
has_loop(const struct bpf_insn *code, int at, uint8_t *colour)
{
	int next[2];

	if (at < 0 || colour[at] == BLACK)
		return false;
	if (colour[at] == GREY)
		return true;
	colour[at] = GREY;
	successors(code, at, next);
	if (has_loop(code, next[0], colour) || has_loop(code, next[1], colour))
		return true;
	colour[at] = BLACK;
	return false;
}

static bool
is_old_helper(const struct bpf_insn *i)
{
	return i->src_reg == 0 &&
	       (i->imm == BPF_FUNC_map_lookup_elem || i->imm == BPF_FUNC_map_delete_elem ||
		i->imm == BPF_FUNC_tail_call || i->imm == BPF_FUNC_skb_load_bytes);
}

static void
assert_program_is_plain(const struct bpf_program *p)
{
	static uint8_t colour[INSTRUCTIONS_MAX];
	const struct bpf_insn *code = bpf_program__insns(p);
	size_t count = bpf_program__insn_cnt(p);

	assert_in_range(count, 1, INSTRUCTIONS_MAX);
	memset(colour, WHITE, sizeof(colour));
	assert_false(has_loop(code, 0, colour));
	for (size_t i = 0; i < count; i++) {
		if (code[i].code == (BPF_JMP | BPF_CALL))
			assert_true(is_old_helper(&code[i]));
	}
}

static void
object_asks_nothing_of_new_kernels(void **state)
{
	struct bpf_object *object;
	struct bpf_program *p;
	struct bpf_map *m;
	size_t programs = 0, maps = 0;

	(void)state;
	if (!gate_kernel_is_built())
		skip();
	object = bpf_object__open_mem(gate_object, gate_object_len, NULL);
	assert_non_null(object);
	bpf_object__for_each_program(p, object)
	{
		assert_program_is_plain(p);
		programs++;
	}
	/* Constant data would be a fifth map, of a kind that came with Linux 5.2. */
	bpf_object__for_each_map(m, object) maps++;
	assert_int_equal(maps, 4);
	assert_in_range(programs, 2, 20);
	bpf_object__close(object);
}

/* ---- The choice between the two. ---- */

static void
without_the_kernel_all_is_done_here(void **state)
{
	const struct gate_config config = {
	    .flows = 10, .snaplen = SNAPLEN, .service = both.service};
	static const uint8_t arp[] = {1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6, 8, 6};
	const struct captured in = {.linktype = 1, .wire_len = 60, .bytes = {arp, sizeof(arp)}};
	struct gate_count counts[GATE_VERDICTS], flow;
	char why[GATE_WHY_MAX];
	struct gate *g = gate_new(&config, why);
	struct flow_key key = key_of(25);

	(void)state;
	assert_non_null(g);
	assert_string_equal(why, "");
	assert_false(gate_is_in_kernel(g));
	assert_false(gate_passes(g, &in));
	key.is_rival = 1; /* whichever of two it is: packets do not tell */
	gate_mark(g, &key);
	assert_true(gate_flow(g, &key, &flow));
	key.is_rival = 0;
	assert_true(gate_flow(g, &key, &flow));
	gate_forget(g, &key);
	assert_false(gate_flow(g, &key, &flow));
	gate_counts(g, counts);
	assert_int_equal(counts[GATE_OTHER].bytes, 60);
	gate_free(g);
}

static void
a_socket_that_is_none_is_left_to_user_space(void **state)
{
	const struct gate_config config = {
	    .with_kernel = true, .flows = 10, .snaplen = SNAPLEN, .service = both.service};
	char why[GATE_WHY_MAX];
	struct gate *g = gate_new(&config, why);

	(void)state;
	assert_non_null(g);
	assert_int_equal(gate_is_in_kernel(g), why[0] == '\0');
	assert_false(gate_attach(g, -1, 1, why));
	print_message("# %s\n", why);
	assert_non_null(strstr(why, "eBPF"));
	assert_false(gate_is_in_kernel(g));
	gate_free(g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(gate_is_the_same_in_the_kernel_over_the_corpus),
	    cmocka_unit_test(gate_is_the_same_in_the_kernel_over_foreign_captures),
	    cmocka_unit_test(marks_are_held_counted_and_taken_away),
	    cmocka_unit_test(a_full_table_still_takes_marks),
	    cmocka_unit_test(object_asks_nothing_of_new_kernels),
	    cmocka_unit_test(without_the_kernel_all_is_done_here),
	    cmocka_unit_test(a_socket_that_is_none_is_left_to_user_space),
	};

	return cmocka_run_group_tests(tests, prepare, NULL);
}
