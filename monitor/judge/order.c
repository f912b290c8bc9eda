/*
 * The orders, and the alignment of a reply with one of them; see order.h.
 *
 * Visible lines pin down places; padding between two of them can only hide
 * what stands between those places and has the same length. Where several
 * lines of padding follow each other they must fit in increasing order, which
 * is what settles most cases.
 */
#include "monitor/judge/order.h"

#include "dissector/text.h"

/* clang-format off */
#define TEXT(literal)		 { (const uint8_t *)(literal), sizeof(literal) - 1 }
#define PLAIN(name)		 { TEXT(name), 0, true }
#define ARGUED(name, min)	 { TEXT(name), min, false }
#define EITHER(name, min)	 { TEXT(name), min, true }
#define COUNT_OF(array)		 (sizeof(array) / sizeof((array)[0]))
#define ORDER(name, sign, slots) { name, TEXT(sign), slots, COUNT_OF(slots) }
/* clang-format on */

/*
 * Lengths with an argument: "SIZE 100000" and above (smaller limits are hardly
 * met), "AUTH NTLM", "X-EXPS NTLM", "XCLIENT NAME", "XFORWARD NAME", "LIMITS X=1".
 */
#define SIZE   EITHER("SIZE", 11)
#define AUTH   ARGUED("AUTH", 9)
#define X_EXPS ARGUED("X-EXPS", 11)

static const struct slot postfix[] = {
    PLAIN("PIPELINING"),    SIZE,
    PLAIN("VRFY"),          PLAIN("ETRN"),
    PLAIN("STARTTLS"),      AUTH,
    PLAIN("XVERP"),         ARGUED("XCLIENT", 12),
    ARGUED("XFORWARD", 13), PLAIN("ENHANCEDSTATUSCODES"),
    PLAIN("8BITMIME"),      PLAIN("DSN"),
    PLAIN("SMTPUTF8"),      PLAIN("CHUNKING"),
};

static const struct slot exim[] = {
    SIZE,
    ARGUED("LIMITS", 10),
    PLAIN("8BITMIME"),
    PLAIN("DSN"),
    PLAIN("ETRN"),
    PLAIN("EXPN"),
    PLAIN("PIPELINING"),
    PLAIN("PIPE_CONNECT"),
    AUTH,
    PLAIN("CHUNKING"),
    PLAIN("STARTTLS"),
    PLAIN("PRDR"),
    PLAIN("SMTPUTF8"),
    PLAIN("HELP"),
};

static const struct slot sendmail[] = {
    PLAIN("ENHANCEDSTATUSCODES"),
    PLAIN("PIPELINING"),
    PLAIN("EXPN"),
    PLAIN("VERB"),
    PLAIN("8BITMIME"),
    SIZE,
    PLAIN("DSN"),
    PLAIN("ETRN"),
    AUTH,
    PLAIN("STARTTLS"),
    EITHER("DELIVERBY", 11),
    PLAIN("HELP"),
};

static const struct slot opensmtpd[] = {
    PLAIN("8BITMIME"), PLAIN("ENHANCEDSTATUSCODES"), SIZE, PLAIN("DSN"), PLAIN("STARTTLS"), AUTH,
    PLAIN("HELP"),
};

static const struct slot haraka[] = {
    PLAIN("PIPELINING"), PLAIN("8BITMIME"), PLAIN("SMTPUTF8"), SIZE, PLAIN("STARTTLS"), AUTH,
};

static const struct slot aiosmtpd[] = {
    SIZE, PLAIN("8BITMIME"), PLAIN("SMTPUTF8"), PLAIN("STARTTLS"), AUTH, PLAIN("HELP"),
};

static const struct slot google[] = {
    SIZE,
    PLAIN("8BITMIME"),
    PLAIN("STARTTLS"),
    PLAIN("ENHANCEDSTATUSCODES"),
    PLAIN("PIPELINING"),
    PLAIN("CHUNKING"),
    PLAIN("SMTPUTF8"),
};

static const struct slot iis[] = {
    PLAIN("TURN"),
    SIZE,
    PLAIN("ETRN"),
    PLAIN("PIPELINING"),
    PLAIN("DSN"),
    PLAIN("ENHANCEDSTATUSCODES"),
    PLAIN("8BITMIME"),
    PLAIN("BINARYMIME"),
    PLAIN("CHUNKING"),
    PLAIN("VRFY"),
    PLAIN("TLS"),
    PLAIN("STARTTLS"),
    X_EXPS,
    PLAIN("X-EXPS=LOGIN"),
    AUTH,
    PLAIN("AUTH=LOGIN"),
    PLAIN("X-LINK2STATE"),
    PLAIN("XEXCH50"),
    PLAIN("OK"),
};

static const struct slot exchange[] = {
    SIZE,
    PLAIN("PIPELINING"),
    PLAIN("DSN"),
    PLAIN("ENHANCEDSTATUSCODES"),
    PLAIN("STARTTLS"),
    PLAIN("X-ANONYMOUSTLS"),
    AUTH,
    X_EXPS,
    PLAIN("8BITMIME"),
    PLAIN("BINARYMIME"),
    PLAIN("CHUNKING"),
    PLAIN("SMTPUTF8"),
    PLAIN("XEXCH50"),
    PLAIN("XRDST"),
    PLAIN("XSHADOW"),
    PLAIN("XSHADOWREQUEST"),
};

/* The more telling sign first: IIS greets like Exchange, but with its version. */
const struct extension_order extension_orders[] = {
    ORDER("Postfix", "postfix", postfix),
    ORDER("Exim", "exim", exim),
    ORDER("OpenSMTPD", "opensmtpd", opensmtpd),
    ORDER("Haraka", "haraka", haraka),
    ORDER("aiosmtpd", "python smtp", aiosmtpd),
    ORDER("Sendmail", "sendmail", sendmail),
    ORDER("Google", "gsmtp", google),
    ORDER("Microsoft IIS", "microsoft esmtp mail service, version: ", iis),
    ORDER("Microsoft Exchange", "microsoft esmtp mail service", exchange),
};
const size_t extension_order_count = COUNT_OF(extension_orders);

#define SLOTS_MAX 24
#define NO_SLOT   SLOTS_MAX /* index of no place */

_Static_assert(COUNT_OF(iis) < SLOTS_MAX, "the longest order must fit");

bool
line_names(struct bytes line, struct bytes keyword)
{
	if (!text_starts(line, keyword))
		return false;
	return line.len == keyword.len || text_is_blank(line.at[keyword.len]) ||
	       line.at[keyword.len] == '=';
}

/* The place of a visible line; a line that equals a keyword is that one, "AUTH=LOGIN" too. */
static size_t
slot_of(const struct extension_order *o, struct bytes line)
{
	for (size_t i = 0; i < o->count; i++)
		if (text_equal(line, o->slots[i].keyword))
			return i;
	for (size_t i = 0; i < o->count; i++)
		if (line_names(line, o->slots[i].keyword))
			return i;
	return NO_SLOT;
}

size_t
order_matches(const struct extension_order *o, const struct ordered_lines *in)
{
	size_t matches = 0, at_least = 0;

	for (size_t i = 0; i < in->count; i++) {
		size_t at = in->is_padding[i] ? NO_SLOT : slot_of(o, in->line[i]);

		if (at == NO_SLOT)
			continue;
		/* The same place twice is "AUTH PLAIN" and "AUTH=PLAIN". */
		if (at < at_least)
			return 0;
		at_least = at;
		matches++;
	}
	return matches;
}

static bool
slot_has_length(const struct slot *slot, size_t len)
{
	return (slot->is_bare && len == slot->keyword.len) ||
	       (slot->argued_min != 0 && len >= slot->argued_min);
}

/* First place from begin on and before end for a line of this length; end where there is none. */
static size_t
first_place(const struct extension_order *o, size_t begin, size_t end, size_t len)
{
	for (size_t at = begin; at < end; at++)
		if (slot_has_length(&o->slots[at], len))
			return at;
	return end;
}

/* Behind the last such place; begin where there is none. */
static size_t
behind_last_place(const struct extension_order *o, size_t begin, size_t end, size_t len)
{
	for (size_t at = end; at > begin; at--)
		if (slot_has_length(&o->slots[at - 1], len))
			return at;
	return begin;
}

/* What lies between two visible lines that have a place: lines, and places for them. */
struct between {
	size_t first_line, end_line;
	size_t from, to;
};

/* The stretch that padding line i lies in. */
static struct between
stretch_around(const struct extension_order *o, const struct ordered_lines *in, size_t i)
{
	struct between b = {i, i + 1, 0, o->count};

	for (; b.first_line > 0; b.first_line--) {
		size_t k = b.first_line - 1;
		size_t at = in->is_padding[k] ? NO_SLOT : slot_of(o, in->line[k]);

		if (at == NO_SLOT)
			continue;
		b.from = at + 1;
		break;
	}
	for (; b.end_line < in->count; b.end_line++) {
		size_t k = b.end_line;
		size_t at = in->is_padding[k] ? NO_SLOT : slot_of(o, in->line[k]);

		if (at == NO_SLOT)
			continue;
		b.to = at;
		break;
	}
	return b;
}

/* Narrow the places to those that the padding before and behind line i leaves to it. */
static void
give_room(const struct extension_order *o, const struct ordered_lines *in, size_t i,
	  struct between *b)
{
	/* A line of a length that this order does not know takes no place. */
	for (size_t k = b->first_line; k < i; k++) {
		size_t at = b->to;

		if (in->is_padding[k])
			at = first_place(o, b->from, b->to, in->line[k].len);
		if (at < b->to)
			b->from = at + 1;
	}
	for (size_t k = b->end_line; k > i + 1; k--) {
		size_t behind = b->from;

		if (in->is_padding[k - 1])
			behind = behind_last_place(o, b->from, b->to, in->line[k - 1].len);
		if (behind > b->from)
			b->to = behind - 1;
	}
}

enum fit
order_fit(const struct extension_order *o, const struct ordered_lines *in, size_t i,
	  struct bytes *other)
{
	struct between b = stretch_around(o, in, i);
	bool starttls = false, others = false;

	give_room(o, in, i, &b);
	for (size_t at = b.from; at < b.to; at++) {
		if (!slot_has_length(&o->slots[at], in->line[i].len))
			continue;
		if (text_equal(o->slots[at].keyword, BYTES("STARTTLS"))) {
			starttls = true;
		} else {
			others = true;
			*other = o->slots[at].keyword;
		}
	}
	if (starttls)
		return others ? FIT_AMONG : FIT_ONLY;
	return others ? FIT_OTHER : FIT_NONE;
}

bool
order_has_room(const struct extension_order *o, const struct ordered_lines *in, size_t i,
	       struct bytes keyword)
{
	struct between b = stretch_around(o, in, i);

	for (size_t at = b.from; at < b.to; at++)
		if (text_equal(o->slots[at].keyword, keyword))
			return true;
	return false;
}
