/* Lines on standard output that nothing waits for; see printer.h. */
#include "monitor/role/printer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "monitor/counted.h"
#include "monitor/log.h"
#include "monitor/output.h"
#include "monitor/role/outlet.h"

#define LAST_MS 1000 /* for a reader that is merely slow */

struct printer {
	struct outlet *outlet;
	bool is_unread;    /* that lines are left out is told, and goes on */
	uint64_t left_out; /* of them, those whose number is told */
};

struct printer *
printer_new(void)
{
	struct printer *p = calloc(1, sizeof(*p));

	if (p != NULL)
		p->outlet = outlet_new(STDOUT_FILENO);
	if (p != NULL && p->outlet != NULL)
		return p;
	log_error("standard output: cannot be written to: %s", strerror(errno));
	free(p);
	return NULL;
}

FILE *
printer_stream(const struct printer *p)
{
	return outlet_stream(p->outlet);
}

static void
tell_left_out(struct printer *p, uint64_t left_out)
{
	if (left_out > p->left_out)
		log_error("standard output: %s left out, as nobody read (recorded all the same: "
			  "waxseal incidents)",
			  counted(left_out - p->left_out, "line").text);
	p->left_out = left_out;
}

void
printer_tend(struct printer *p)
{
	uint64_t left_out;

	if (!outlet_push(p->outlet)) {
		const int why = errno;

		log_error("standard output: cannot write: %s (findings are recorded, and printed "
			  "no more)",
			  strerror(why));
		output_failed(why);
	}
	left_out = outlet_left_out(p->outlet);
	if (left_out > p->left_out && !p->is_unread) {
		log_error("standard output: is not read: findings find no room there, and are "
			  "recorded alone");
		p->is_unread = true;
	}
	if (p->is_unread && outlet_descriptor(p->outlet) < 0) {
		tell_left_out(p, left_out);
		p->is_unread = false;
	}
}

int
printer_descriptor(const struct printer *p)
{
	return outlet_descriptor(p->outlet);
}

void
printer_free(struct printer *p)
{
	if (p == NULL)
		return;
	tell_left_out(p, outlet_free(p->outlet, LAST_MS));
	free(p);
}
