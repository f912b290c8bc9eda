/* Answers of a resolver; see dns_message.h. */
#include "monitor/policy/dns_message.h"

#include <ares.h>
#include <stdlib.h>

#include "dissector/text.h"

#define CLASS_IN        1
#define TYPE_SOA        6
#define TYPE_OPT        41
#define FLAG_RESPONSE   0x8000u
#define FLAG_OPCODE     0x7800u
#define FLAG_TRUNCATED  0x0200u
#define FLAG_AUTHENTIC  0x0020u
#define MASK_CODE       0x000fu
#define SOA_MINIMUM_LEN 4 /* bytes at the end of a SOA record, RFC 1035 section 3.3.13 */

/* A walk over one message. */
struct walk {
	struct bytes all;
	struct cursor at;
};

struct record {
	char owner[DNS_NAME_TEXT];
	uint16_t type, class;
	uint32_t ttl;
	struct bytes rdata;
};

static bool
expand(struct bytes all, const uint8_t *at, char out[DNS_NAME_TEXT], size_t *len)
{
	char *name = NULL;
	long encoded = 0;
	bool fits;

	if (ares_expand_name(at, all.at, (int)all.len, &name, &encoded) != ARES_SUCCESS)
		return false;
	fits = strlen(name) < DNS_NAME_TEXT;
	if (fits)
		memcpy(out, name, strlen(name) + 1);
	ares_free_string(name);
	*len = (size_t)encoded;
	return fits;
}

static bool
take_name(struct walk *w, char out[DNS_NAME_TEXT])
{
	size_t len;

	if (w->at.is_short || w->at.rest.len == 0 || !expand(w->all, w->at.rest.at, out, &len))
		return false;
	cursor_take(&w->at, len);
	return !w->at.is_short;
}

static bool
take_record(struct walk *w, struct record *r)
{
	if (!take_name(w, r->owner))
		return false;
	r->type = cursor_u16(&w->at);
	r->class = cursor_u16(&w->at);
	r->ttl = cursor_u32(&w->at);
	r->rdata = cursor_vector16(&w->at).rest;
	/* RFC 2181 section 8: the upper half of the range means 0. */
	if (r->type != TYPE_OPT && r->ttl > INT32_MAX)
		r->ttl = 0;
	return !w->at.is_short;
}

static bool
is_name(const char *a, const char *b)
{
	return text_equal(bytes_text(a), bytes_text(b));
}

static void
bound_ttl(struct dns_message *out, bool *has_ttl, uint32_t ttl)
{
	if (!*has_ttl || ttl < out->ttl)
		out->ttl = ttl;
	*has_ttl = true;
}

/* Where the CNAME r leads. */
static bool
read_alias(const struct walk *w, const struct record *r, struct dns_message *out)
{
	char target[DNS_NAME_TEXT];
	size_t len;

	if (r->rdata.len == 0 || !expand(w->all, r->rdata.at, target, &len) ||
	    len != r->rdata.len || strlen(target) >= sizeof(out->name))
		return false;
	memcpy(out->name, target, strlen(target) + 1);
	return true;
}

/* GOT_WHOLE: out->name was a CNAME and is now where it leads; GOT_PART: it is none. */
static enum got
follow(struct walk w, size_t count, struct dns_message *out, bool *has_ttl)
{
	struct record r;

	while (count-- > 0) {
		if (!take_record(&w, &r))
			return GOT_BAD;
		if (r.type != DNS_CNAME || r.class != CLASS_IN || !is_name(r.owner, out->name))
			continue;
		bound_ttl(out, has_ttl, r.ttl);
		return read_alias(&w, &r, out) ? GOT_WHOLE : GOT_BAD;
	}
	return GOT_PART;
}

static bool
follow_all(const struct walk *w, size_t count, struct dns_message *out, bool *has_ttl)
{
	for (size_t aliases = 0; aliases <= DNS_ALIASES_MAX; aliases++) {
		enum got got = follow(*w, count, out, has_ttl);

		if (got != GOT_WHOLE)
			return got == GOT_PART;
		out->is_alias = true;
	}
	return false;
}

/* The answer section: w moves behind it. */
static bool
read_answers(struct walk *w, size_t count, enum dns_type type, struct dns_message *out,
	     bool *has_ttl)
{
	struct record r;
	size_t others = 0;

	if (type != DNS_CNAME && !follow_all(w, count, out, has_ttl))
		return false;
	while (count-- > 0) {
		if (!take_record(w, &r))
			return false;
		if (r.type != type || r.class != CLASS_IN)
			continue;
		if (!is_name(r.owner, out->name)) {
			others++;
			continue;
		}
		if (out->count == DNS_RECORDS_MAX)
			return false;
		out->rdata[out->count++] = r.rdata;
		bound_ttl(out, has_ttl, r.ttl);
	}
	/* Records of that type, and all of other names: this does not say that there is none. */
	return out->count > 0 || others == 0;
}

/* How long there is no such record: RFC 2308 section 5. */
static void
read_soa(const struct record *r, struct dns_message *out, bool *has_ttl)
{
	struct cursor minimum;

	if (r->type != TYPE_SOA || r->rdata.len < SOA_MINIMUM_LEN)
		return;
	minimum = cursor_over(bytes_after(r->rdata, r->rdata.len - SOA_MINIMUM_LEN));
	bound_ttl(out, has_ttl, r->ttl);
	bound_ttl(out, has_ttl, cursor_u32(&minimum));
}

static bool
read_rest(struct walk *w, size_t authority, size_t additional, struct dns_message *out,
	  bool *has_ttl)
{
	struct record r;

	for (size_t i = 0; i < authority + additional; i++) {
		if (!take_record(w, &r))
			return false;
		if (i < authority && out->count == 0)
			read_soa(&r, out, has_ttl);
		/* The upper eight bits of the code are in its TTL, RFC 6891 section 6.1.3. */
		if (i >= authority && r.type == TYPE_OPT)
			out->code |= (r.ttl >> 24) << 4;
	}
	return cursor_is_spent(&w->at);
}

static bool
read_question(struct walk *w, const char *name, enum dns_type type)
{
	char asked[DNS_NAME_TEXT];
	bool is_same = take_name(w, asked) && is_name(asked, name);

	is_same &= cursor_u16(&w->at) == type;
	is_same &= cursor_u16(&w->at) == CLASS_IN;
	return is_same && !w->at.is_short;
}

bool
dns_message_read(struct bytes in, const char *name, enum dns_type type, struct dns_message *out)
{
	struct walk w = {in, cursor_over(in)};
	bool has_ttl = false;
	uint16_t flags, counts[4];

	memset(out, 0, sizeof(*out));
	out->all = in;
	cursor_u16(&w.at); /* c-ares has compared the id */
	flags = cursor_u16(&w.at);
	for (size_t i = 0; i < 4; i++)
		counts[i] = cursor_u16(&w.at);
	if (w.at.is_short || in.len > UINT16_MAX || (flags & FLAG_RESPONSE) == 0 ||
	    (flags & (FLAG_OPCODE | FLAG_TRUNCATED)) != 0 || counts[0] != 1 ||
	    strlen(name) >= sizeof(out->name) || !read_question(&w, name, type))
		return false;
	out->code = flags & MASK_CODE;
	out->is_authentic = (flags & FLAG_AUTHENTIC) != 0;
	memcpy(out->name, name, strlen(name) + 1);
	return read_answers(&w, counts[1], type, out, &has_ttl) &&
	       read_rest(&w, counts[2], counts[3], out, &has_ttl);
}

bool
dns_message_mx(const struct dns_message *m, size_t i, uint16_t *preference,
	       char host[DNS_NAME_TEXT])
{
	struct cursor c = cursor_over(m->rdata[i]);
	size_t len;

	*preference = cursor_u16(&c);
	return !c.is_short && c.rest.len > 0 && expand(m->all, c.rest.at, host, &len) &&
	       len == c.rest.len;
}
