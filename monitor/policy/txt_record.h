/*
 * TXT records of the form "v=NAMEv1; key=value; ...", as MTA-STS (RFC 8461
 * section 3.1) and TLSRPT (RFC 8460 section 3) write them: which of those at a
 * name is meant, and its fields one by one.
 *
 * Pure; every view is borrowed from the record.
 */
#ifndef MONITOR_POLICY_TXT_RECORD_H
#define MONITOR_POLICY_TXT_RECORD_H

#include "monitor/policy/problems.h"

#define TXT_FIELD_NAME_MAX 32 /* RFC 8461 section 3.1, sts-ext-name */

/*
 * Which record is meant. All of the records at the name, each with its strings
 * joined and nothing between them (RFC 7208 section 3.3).
 */
struct txt_records {
	const struct bytes *records;
	size_t count;
};

/*
 * Join the strings of one TXT RDATA (RFC 1035 section 3.3.14: a byte of length
 * before each) into out of cap bytes; cap of RDATA's own length is always
 * enough. False, and *joined empty, where one is cut or does not fit.
 */
bool txt_join(struct bytes rdata, uint8_t *out, size_t cap, struct bytes *joined);

enum txt_found {
	TXT_NONE, /* no record begins with the version: a definite "there is none" */
	TXT_ONE,
	TXT_SEVERAL /* as good as none, RFC 8461 section 3.1, RFC 8460 section 3 */
};

/*
 * Drop all that do not begin with version and ';' ("v=STSv1;"), octet by octet.
 * *out is the one left of TXT_ONE, from its first ';' on. section ("RFC 8461
 * section 3.1") is for what is told of those that come near.
 */
enum txt_found txt_choose(const struct txt_records *in, struct bytes version, const char *section,
			  struct bytes *out, struct problems *problems);

/* What reading the next field came to. */
enum txt_field {
	TXT_FIELD, /* *name and *value are one field; value is not looked into */
	TXT_END,   /* the record is spent, and was well formed */
	TXT_BAD    /* the rest is not of the form */
};

/*
 * The next of a record from txt_choose: *rest moves behind it. A delimiter is
 * ';' with blanks around it; blanks elsewhere, and two delimiters with nothing
 * between, are bad. name is 1 to TXT_FIELD_NAME_MAX of letters, digits, "_",
 * "-", ".", the first a letter or digit.
 */
enum txt_field txt_next(struct bytes *rest, struct bytes *name, struct bytes *value);

/* The form of name above. */
bool txt_is_name(struct bytes name);

/*
 * Is a value of a field that is not known of the form: 1 or more of %x21-3A /
 * %x3C / %x3E-7E, that is, without "=", ";", blanks and controls? Tells where
 * it is not, and makes the record invalid.
 */
bool txt_check_value(struct bytes name, struct bytes value, const char *section,
		     struct problems *problems);

#endif
