/*
 * A resolver that was taken over: any bytes as its answer. The input is a type (1)
 * and the message; the name that is asked for is that of its question.
 */
#include <ares.h>
#include <stdlib.h>

#include "monitor/policy/dns_message.h"
#include "tests/demand.h"

#define QUESTION_AT 12

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum dns_type
type_of(uint8_t byte)
{
	static const enum dns_type types[] = {DNS_A,   DNS_CNAME, DNS_MX,
					      DNS_TXT, DNS_AAAA,  DNS_TLSA};

	return types[byte % (sizeof(types) / sizeof(types[0]))];
}

static void
check(const struct dns_message *m, struct bytes in, enum dns_type type)
{
	char host[DNS_NAME_TEXT];
	uint16_t preference;

	demand(m->count <= DNS_RECORDS_MAX && strlen(m->name) < DOMAIN_TEXT);
	for (size_t i = 0; i < m->count; i++) {
		demand(m->rdata[i].len == 0 ||
		       (m->rdata[i].at >= in.at &&
			m->rdata[i].at + m->rdata[i].len <= in.at + in.len));
		if (type == DNS_MX && dns_message_mx(m, i, &preference, host))
			demand(strlen(host) < sizeof(host));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct dns_message m;
	struct bytes in = {data + 1, size - 1};
	enum dns_type type;
	char *name = NULL;
	long len;

	if (size < 1 + QUESTION_AT + 1 || in.len > UINT16_MAX)
		return 0;
	type = type_of(data[0]);
	if (ares_expand_name(in.at + QUESTION_AT, in.at, (int)in.len, &name, &len) != ARES_SUCCESS)
		return 0;
	if (dns_message_read(in, name, type, &m)) {
		check(&m, in, type);
		/* It is read to its last byte. */
		demand(!dns_message_read(bytes_first(in, in.len - 1), name, type, &m));
	}
	ares_free_string(name);
	return 0;
}
