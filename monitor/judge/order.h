/*
 * In which order mail servers name their extensions, and what follows from it
 * for a line that something on the way has overwritten.
 *
 * Tables and one alignment: pure, allocates nothing. The orders were read off
 * real replies; software whose order is not known for certain is not here.
 */
#ifndef MONITOR_JUDGE_ORDER_H
#define MONITOR_JUDGE_ORDER_H

#include "dissector/bytes.h"

/* An extension at its place in the reply. */
struct slot {
	struct bytes keyword;
	size_t argued_min; /* least length of keyword and argument together; 0: takes none */
	bool is_bare;      /* it is also met without an argument */
};

struct extension_order {
	const char *software;
	struct bytes sign; /* what its greeting or its first EHLO line holds, lower case */
	const struct slot *slots;
	size_t count;
};

extern const struct extension_order extension_orders[];
extern const size_t extension_order_count;

/* What a masked line can hide. */
enum fit {
	FIT_NONE,  /* nothing in the order has this length here */
	FIT_OTHER, /* something else, but not STARTTLS */
	FIT_AMONG, /* STARTTLS or something else */
	FIT_ONLY   /* STARTTLS and nothing else */
};

/* The longest reply that is aligned; later lines are left out. */
#define ORDER_LINES_MAX 64

/* The lines of an EHLO reply behind the first, trimmed. */
struct ordered_lines {
	struct bytes line[ORDER_LINES_MAX];
	bool is_padding[ORDER_LINES_MAX];
	size_t count;
};

/*
 * How many visible lines have a place in this order; 0 where they stand in
 * another order than this one.
 */
size_t order_matches(const struct extension_order *o, const struct ordered_lines *in);

/* What padding line number i can hide; *other is one thing that it can be beside STARTTLS. */
enum fit order_fit(const struct extension_order *o, const struct ordered_lines *in, size_t i,
		   struct bytes *other);

/* Whether the visible lines around line i leave the place of this keyword to it. */
bool order_has_room(const struct extension_order *o, const struct ordered_lines *in, size_t i,
		    struct bytes keyword);

/* Whether the line names this extension: the keyword alone, or before a blank or "=". */
bool line_names(struct bytes line, struct bytes keyword);

#endif
