/*
 * What a masked line hides; see mask.h.
 *
 * In order of weight: STARTTLS offered beside it; its length; the place in the
 * order of that software, as the greeting names it; BINARYMIME, which CHUNKING
 * must accompany; the orders of all software that the visible keywords agree
 * with; which keywords of eight letters are visible; whether the mask looks
 * like Cisco's, which overwrites every keyword it does not know, or like one
 * aimed at a single line. An order that the greeting does not vouch for never
 * acquits a mask: most mail servers' orders are not known here.
 */
#include "monitor/judge/mask.h"

#include "dissector/extension.h"
#include "dissector/padding.h"
#include "dissector/text.h"
#include "monitor/judge/order.h"

#define STARTTLS     BYTES("STARTTLS")
#define STARTTLS_LEN 8

#define PADDING_MIN      3 /* shorter runs occur in words */
#define NEAR_LEN_MIN     6
#define NEAR_LEN_MAX     10
#define NEAR_CHANGES_MAX 2
#define EXTRA_WORDS_MAX  3 /* more is a sentence, not a keyword line */
#define STARS_MIN        5 /* of a masked greeting */

/* Visible keywords that an order must share with a reply before it says anything about it. */
#define MATCHES_KNOWN   2 /* where the greeting names the software */
#define MATCHES_UNKNOWN 3 /* where it does not */
#define MATCHES_SURE    5 /* where it does not, and nothing visible is of that software alone */

#define PARTIAL_MIN 4 /* letters of STARTTLS that must be left in one partly overwritten */

static struct bytes
trim_end(struct bytes in)
{
	while (in.len > 0 && text_is_blank(in.at[in.len - 1]))
		in.len--;
	return in;
}

bool
mask_is_padding(struct bytes text)
{
	return text.len >= PADDING_MIN && padding_is_word(text);
}

/* Padding that ends in a letter of its own, as Cisco's does. */
static bool
has_ordinal(struct bytes padding)
{
	uint8_t last = padding.at[padding.len - 1];

	return last != 'X' && last != 'x' && last != '*';
}

/*
 * Letters to insert, drop, change or swap with their neighbour to make STARTTLS
 * of the word: the optimal string alignment distance. At most NEAR_LEN_MAX
 * letters are given.
 */
static size_t
changes_from_starttls(struct bytes word)
{
	size_t cost[NEAR_LEN_MAX + 1][STARTTLS_LEN + 1];

	for (size_t i = 0; i <= word.len; i++) {
		for (size_t k = 0; k <= STARTTLS_LEN; k++) {
			bool same;

			if (i == 0 || k == 0) {
				cost[i][k] = i + k;
				continue;
			}
			same = text_lower(word.at[i - 1]) == text_lower(STARTTLS.at[k - 1]);
			cost[i][k] = cost[i - 1][k - 1] + !same;
			if (cost[i - 1][k] + 1 < cost[i][k])
				cost[i][k] = cost[i - 1][k] + 1;
			if (cost[i][k - 1] + 1 < cost[i][k])
				cost[i][k] = cost[i][k - 1] + 1;
			if (i > 1 && k > 1 && !same &&
			    text_lower(word.at[i - 1]) == text_lower(STARTTLS.at[k - 2]) &&
			    text_lower(word.at[i - 2]) == text_lower(STARTTLS.at[k - 1]) &&
			    cost[i - 2][k - 2] + 1 < cost[i][k])
				cost[i][k] = cost[i - 2][k - 2] + 1;
		}
	}
	return cost[word.len][STARTTLS_LEN];
}

/* STARTTLS with some of its letters overwritten, and enough of them left. */
static bool
is_partly_padded(struct bytes word)
{
	size_t left = 0;

	if (word.len != STARTTLS_LEN)
		return false;
	for (size_t i = 0; i < word.len; i++) {
		if (text_lower(word.at[i]) == text_lower(STARTTLS.at[i]))
			left++;
		else if (bytes_find(BYTES("Xx*"), word.at[i]) == 3)
			return false;
	}
	return left >= PARTIAL_MIN && left < STARTTLS_LEN;
}

/*
 * It has a byte that no keyword has, RFC 5321 section 4.1.1.1; "_" and "=" are
 * met in the field.
 */
static bool
is_no_keyword(struct bytes line)
{
	for (size_t i = 0; i < line.len; i++) {
		bool is_letter = text_is_alpha(line.at[i]) || text_is_digit(line.at[i]);

		if (!is_letter && (i == 0 || bytes_find(BYTES("-_="), line.at[i]) == 3))
			return true;
	}
	return false;
}

/* STARTTLS is the first of a few words of the line, but not all of it. */
static bool
has_extra_word(struct bytes line)
{
	size_t words = 0;
	bool found = false;

	while (line.len > 0) {
		struct bytes word = text_word(line);

		if (word.len > 0)
			words++;
		if (words == 1 && text_equal(word, STARTTLS))
			found = true;
		line = bytes_after(line, word.len < line.len ? word.len + 1 : word.len);
	}
	return found && words > 1 && words <= EXTRA_WORDS_MAX;
}

/* The lines behind the first, trimmed; an empty one where a reply has none. */
static void
order_lines(const struct mask_input *in, struct ordered_lines *out)
{
	out->count = 0;
	for (size_t i = 1; i < in->ehlos && out->count < ORDER_LINES_MAX; i++) {
		out->line[out->count] = trim_end(in->ehlo[i]);
		out->is_padding[out->count] = mask_is_padding(out->line[out->count]);
		out->count++;
	}
}

static bool
is_visible(const struct ordered_lines *lines, struct bytes keyword)
{
	for (size_t i = 0; i < lines->count; i++)
		if (line_names(lines->line[i], keyword))
			return true;
	return false;
}

static bool
has_sign(const struct mask_input *in, struct bytes sign)
{
	for (size_t i = 0; i < in->greetings; i++)
		if (text_find(in->greeting[i], sign) < in->greeting[i].len)
			return true;
	return in->ehlos > 0 && text_find(in->ehlo[0], sign) < in->ehlo[0].len;
}

/* What the greeting names; NULL where it names none that is known. */
static const struct extension_order *
signed_order(const struct mask_input *in)
{
	for (size_t i = 0; i < extension_order_count; i++)
		if (has_sign(in, extension_orders[i].sign))
			return &extension_orders[i];
	return NULL;
}

/* The same, where the reply keeps its order; NULL otherwise. */
static const struct extension_order *
named_order(const struct mask_input *in, const struct ordered_lines *lines)
{
	const struct extension_order *o = signed_order(in);

	return o != NULL && order_matches(o, lines) >= MATCHES_KNOWN ? o : NULL;
}

/* A visible keyword that one software alone, or its kin, has. */
static bool
has_telling_keyword(const struct ordered_lines *lines)
{
	const struct bytes telling[] = {
	    BYTES("X-ANONYMOUSTLS"), BYTES("X-EXPS"), BYTES("X-LINK2STATE"), BYTES("XEXCH50"),
	    BYTES("LIMITS"),         BYTES("PRDR"),   BYTES("PIPE_CONNECT"), BYTES("XCLIENT"),
	    BYTES("XFORWARD"),       BYTES("XVERP"),
	};

	for (size_t i = 0; i < sizeof(telling) / sizeof(telling[0]); i++)
		if (is_visible(lines, telling[i]))
			return true;
	return false;
}

/* Padding of eight in this reply. */
static size_t
count_eights(const struct ordered_lines *lines)
{
	size_t count = 0;

	for (size_t i = 0; i < lines->count; i++)
		if (lines->is_padding[i] && lines->line[i].len == STARTTLS_LEN)
			count++;
	return count;
}

/* Judge without an order: by what else of eight letters can be hidden, and by the mask's shape. */
static void
judge_by_letters(const struct ordered_lines *lines, size_t i, struct mask *out)
{
	const struct bytes eights[] = {BYTES("CHUNKING"), BYTES("SMTPUTF8"), BYTES("8BITMIME")};
	size_t absent = 0;

	for (size_t k = 0; k < sizeof(eights) / sizeof(eights[0]); k++) {
		if (is_visible(lines, eights[k]))
			continue;
		if (absent++ == 0 && out->other.len == 0)
			out->other = eights[k];
	}
	out->hides = HIDES_LIKELY;
	if (count_eights(lines) > absent) {
		out->why = "more lines of eight letters are overwritten than other keywords of "
			   "eight letters are absent";
	} else if (out->padded == 1 && !has_ordinal(lines->line[i])) {
		out->why = "it is the only line overwritten and has no ordinal letter, unlike a "
			   "firewall's mask of every keyword it does not know";
	} else {
		out->hides = HIDES_MAYBE;
		out->why = "other keywords have eight letters too, and nothing visible decides";
	}
}

/* The most visible lines that any order accounts for, where that is enough to go by; else 0. */
static size_t
best_matches(const struct ordered_lines *lines)
{
	size_t best = 0;

	for (size_t k = 0; k < extension_order_count; k++) {
		size_t matches = order_matches(&extension_orders[k], lines);

		if (matches >= MATCHES_UNKNOWN && matches > best)
			best = matches;
	}
	return best;
}

/* Judge by the software whose order accounts for most of what is visible; several may tie. */
static void
judge_by_neighbours(const struct ordered_lines *lines, size_t i, struct mask *out)
{
	size_t best = best_matches(lines), only = 0, other = 0, open = 0;

	for (size_t k = 0; best > 0 && k < extension_order_count; k++) {
		struct bytes hidden = {0};

		if (order_matches(&extension_orders[k], lines) != best)
			continue;
		switch (order_fit(&extension_orders[k], lines, i, &hidden)) {
		case FIT_NONE:
			break;
		case FIT_OTHER:
			other++;
			out->other = hidden;
			break;
		case FIT_AMONG:
			open++;
			break;
		case FIT_ONLY:
			only++;
			break;
		}
	}
	if (only > 0 && other + open == 0 && (best >= MATCHES_SURE || has_telling_keyword(lines))) {
		out->hides = HIDES_LIKELY;
		out->why = "no other known keyword of its length has this place among these "
			   "neighbours";
	} else if (other > 0 && only + open == 0) {
		out->hides = HIDES_MAYBE;
		out->why = "other software has another keyword of its length among these "
			   "neighbours, and which software this is the greeting does not say";
	} else {
		judge_by_letters(lines, i, out);
	}
}

/* Where BINARYMIME is, CHUNKING must be too, RFC 3030 section 3: the only mask of its length is it.
 */
static bool
is_chunking(const struct ordered_lines *lines)
{
	return is_visible(lines, BYTES("BINARYMIME")) && !is_visible(lines, BYTES("CHUNKING")) &&
	       count_eights(lines) == 1;
}

/* Judge where no named software decides. */
static void
judge_unnamed(const struct ordered_lines *lines, size_t i, struct mask *out)
{
	if (!is_chunking(lines)) {
		judge_by_neighbours(lines, i, out);
		return;
	}
	out->hides = HIDES_OTHER;
	out->other = BYTES("CHUNKING");
	out->why = "CHUNKING must stand beside BINARYMIME, and no other line of its length is "
		   "overwritten";
}

static void
judge_padding(const struct mask_input *in, const struct ordered_lines *lines, size_t i,
	      struct mask *out)
{
	const struct extension_order *named = named_order(in, lines);
	enum fit fit = FIT_NONE;

	if (lines->line[i].len != STARTTLS_LEN) {
		out->hides = HIDES_OTHER;
		out->why = "it has not the length of STARTTLS";
		return;
	}
	if (named != NULL)
		fit = order_fit(named, lines, i, &out->other);
	if (fit != FIT_NONE)
		out->software = named->software;
	switch (fit) {
	case FIT_NONE:
		judge_unnamed(lines, i, out);
		break;
	case FIT_AMONG:
		judge_by_letters(lines, i, out);
		break;
	case FIT_OTHER:
		out->hides = HIDES_OTHER;
		out->why = "at this place that software names another keyword of its length";
		break;
	case FIT_ONLY:
		out->hides = HIDES_STARTTLS;
		out->why = "at this place that software names no other keyword of its length";
		break;
	}
}

/* Whether STARTTLS could stand at line i. */
enum spot {
	SPOT_UNKNOWN, /* no order accounts for enough of the reply */
	SPOT_OTHER,
	SPOT_OWN
};

static enum spot
spot_of(const struct mask_input *in, const struct ordered_lines *lines, size_t i)
{
	const struct extension_order *named = signed_order(in);
	size_t best = best_matches(lines);

	if (named != NULL && order_matches(named, lines) > 0)
		return order_has_room(named, lines, i, STARTTLS) ? SPOT_OWN : SPOT_OTHER;
	if (named != NULL || best == 0)
		return SPOT_UNKNOWN;
	for (size_t k = 0; k < extension_order_count; k++)
		if (order_matches(&extension_orders[k], lines) == best &&
		    order_has_room(&extension_orders[k], lines, i, STARTTLS))
			return SPOT_OWN;
	return SPOT_OTHER;
}

/* STARTTLS with one change: another keyword may differ from it by as much, but not at its place. */
static void
judge_one_change(enum spot spot, struct bytes line, struct mask *out)
{
	out->hides = HIDES_STARTTLS;
	out->why = "it is STARTTLS but for one byte";
	if (spot == SPOT_OWN)
		return;
	if (spot == SPOT_UNKNOWN && (is_no_keyword(line) || is_partly_padded(line)))
		return;
	out->hides = HIDES_LIKELY;
	out->why = "it is STARTTLS but for one byte, though not where STARTTLS is known to stand";
}

/* STARTTLS with changes; true where line i is one. */
static bool
judge_corruption(const struct mask_input *in, const struct ordered_lines *lines, size_t i,
		 struct mask *out)
{
	struct bytes line = lines->line[i];
	size_t changes = NEAR_CHANGES_MAX + 1;

	if (line.len >= NEAR_LEN_MIN && line.len <= NEAR_LEN_MAX)
		changes = changes_from_starttls(line);
	out->form = MASK_NEAR_MISS;
	out->hides = HIDES_LIKELY;
	if (changes == 1) {
		judge_one_change(spot_of(in, lines, i), line, out);
	} else if (is_partly_padded(line)) {
		out->why = "it is STARTTLS with some of its letters overwritten";
	} else if (changes <= NEAR_CHANGES_MAX) {
		out->why = "it is STARTTLS but for two bytes";
	} else if (has_extra_word(line)) {
		out->form = MASK_EXTRA_WORD;
		out->why = "STARTTLS takes no other word on its line";
		if (spot_of(in, lines, i) == SPOT_OWN)
			out->hides = HIDES_STARTTLS;
	} else {
		return false;
	}
	return true;
}

/* Judge line i as if it were the only one; MASK_NONE where it is an ordinary line. */
static struct mask
judge_line(const struct mask_input *in, const struct ordered_lines *lines, size_t i, size_t padded)
{
	struct mask m = {.line = i + 1, .padded = padded, .why = ""};

	if (lines->is_padding[i]) {
		m.form = MASK_PADDING;
		judge_padding(in, lines, i, &m);
		return m;
	}
	if (!judge_corruption(in, lines, i, &m))
		m = (struct mask){.line = i + 1, .padded = padded, .why = ""};
	return m;
}

void
mask_of(const struct mask_input *in, struct mask *out)
{
	struct ordered_lines lines;
	size_t padded = 0;
	bool is_offered = false;

	*out = (struct mask){.why = ""};
	order_lines(in, &lines);
	for (size_t i = 0; i < lines.count; i++) {
		padded += lines.is_padding[i];
		is_offered = is_offered || extension_is_starttls(lines.line[i]);
	}
	for (size_t i = 0; i < lines.count; i++) {
		struct mask m;

		if (extension_is_starttls(lines.line[i]))
			continue;
		m = judge_line(in, &lines, i, padded);
		if (is_offered && m.form != MASK_NONE) {
			m.hides = HIDES_OTHER;
			m.why = "STARTTLS is offered beside it";
		}
		if (m.form != MASK_NONE && (out->form == MASK_NONE || m.hides > out->hides))
			*out = m;
	}
}

bool
mask_of_greeting(const struct bytes *lines, size_t count)
{
	size_t stars = 0, readable = 0;

	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < lines[i].len; k++) {
			uint8_t c = lines[i].at[k];

			if (c == '*')
				stars++;
			else if (c != '2' && c != '0' && !text_is_blank(c))
				readable++;
		}
	}
	/* Some boxes leave a letter or two; a host name or a word is more than a tenth. */
	return stars >= STARS_MIN && readable * 10 <= stars;
}
