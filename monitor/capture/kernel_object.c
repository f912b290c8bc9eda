/* Programs for the kernel out of memory; see kernel_object.h. */
#include "monitor/capture/kernel_object.h"

#include <errno.h>
#include <stdarg.h>

#include "dissector/header.h"
#include "monitor/capture/gate_entries.h"

/* What it has to say is said by errno; a refusal is nothing unusual here. */
static int
say_nothing(enum libbpf_print_level level, const char *format, va_list arguments)
{
	(void)level;
	(void)format;
	(void)arguments;
	return 0;
}

struct bpf_object *
kernel_object_open(const unsigned char *at, size_t len)
{
	if (len == 0) {
		errno = ENOTSUP;
		return NULL;
	}
	libbpf_set_print(say_nothing);
	return bpf_object__open_mem(at, len, NULL);
}

static int
program(const struct bpf_object *o, const char *name)
{
	const struct bpf_program *found = bpf_object__find_program_by_name(o, name);

	return found ? bpf_program__fd(found) : -1;
}

int
kernel_object_entry(const struct bpf_object *o, uint32_t linktype)
{
#define NAMED(name, header) {"enter_" #name, header},
	static const struct {
		const char *name;
		enum header header;
	} entries[] = {GATE_ENTRIES(NAMED)};
	enum header first = header_first(linktype);

	for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
		if (entries[i].header == first)
			return program(o, entries[i].name);
	}
	return -1;
}

int
kernel_object_live_entry(const struct bpf_object *o, uint32_t linktype)
{
	enum header first = header_first(linktype);

	return first == HEADER_SLL || first == HEADER_SLL2 ? program(o, "enter_cooked")
							   : kernel_object_entry(o, linktype);
}
