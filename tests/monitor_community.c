/*
 * Community ID version 1 against the values of others: with the SHA-1 that the
 * reader has, either way round. The first is the specification's own
 * example; all were had from tshark's communityid and from Python's hashlib.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <arpa/inet.h>

#include <cmocka.h>

#include "dissector/community.h"
#include "monitor/certificate.h"

static const struct {
	const char *name, *a;
	uint16_t a_port;
	const char *b;
	uint16_t b_port;
	const char *id;
} rows[] = {
    {"the larger address first", "128.232.110.120", 34855, "66.35.250.204", 80,
     "1:LQU9qZlK+B5F3KDmev6m5PMibrg="},
    {"the smaller address first", "192.0.2.7", 40112, "198.51.100.25", 25,
     "1:IytAkRcPXFhdl+lrrZaIuGULNCM="},
    {"addresses whose first bits differ", "128.0.0.1", 25, "127.0.0.1", 40112,
     "1:46+UoMkkepkjGF72mWjbG0UL+9I="},
    {"equal addresses: the smaller port", "127.0.0.1", 25, "127.0.0.1", 40112,
     "1:gP7stz5amzslCzw/taxs5JqKGkQ="},
    {"ports as numbers, not by their low bytes", "127.0.0.1", 256, "127.0.0.1", 255,
     "1:k9dyaUB53fS5TVWqB0UQnRgX9r8="},
    {"IPv6", "2001:db8::7", 40112, "2001:db8::25", 25, "1:Guz8wXFJKYhIK0u4Rs7UTjz7MMI="},
    {"IPv6, equal addresses", "::1", 40112, "::1", 25, "1:zHZf6ypWlN9ktlVJXvIfoYESX8Y="},
};

static struct endpoint
endpoint(const char *address, uint16_t port)
{
	struct endpoint e = {.port = port};
	const bool is_six = strchr(address, ':') != NULL;

	e.address.family = is_six ? 6 : 4;
	assert_int_equal(inet_pton(is_six ? AF_INET6 : AF_INET, address, e.address.b), 1);
	return e;
}

static void
it_is_what_other_tools_say_either_way_round(void **state)
{
	char why[256], there[COMMUNITY_ID_MAX], back[COMMUNITY_ID_MAX];
	struct certifier *c = certifier_new(NULL, why, sizeof(why));

	(void)state;
	assert_non_null(c);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct endpoint a = endpoint(rows[i].a, rows[i].a_port);
		const struct endpoint b = endpoint(rows[i].b, rows[i].b_port);

		community_id(&a, &b, certifier_digests(c).sha1, there);
		community_id(&b, &a, certifier_digests(c).sha1, back);
		if (strcmp(there, rows[i].id) != 0 || strcmp(back, rows[i].id) != 0)
			fail_msg("%s: %s, back %s", rows[i].name, there, back);
	}
	certifier_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(it_is_what_other_tools_say_either_way_round),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
