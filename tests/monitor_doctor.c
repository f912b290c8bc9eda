/* Doctor's checks on facts that are made up: what is well, what is wrong, what is not known. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "monitor/alert/sink.h"
#include "monitor/doctor/check.h"

static struct options options;
static struct sink sink = {.name = "ops", .type = SINK_SYSLOG};
static struct sinks sinks = {&sink, 1};

/* A machine where nothing is to be done. */
static struct facts
well(void)
{
	options = (struct options){
	    .db = "waxseal.db",
	    .config = "waxseal.conf",
	    .sinks = &sinks,
	    .keep.bytes = INT64_C(10) << 30,
	};
	return (struct facts){
	    .options = &options,
	    .has_config = FACT_YES,
	    .files = {FACT_NO, NULL},
	    .port = {"tap0", FACT_YES, FACT_YES, FACT_YES, FACT_NO, FACT_NO, FACT_NO},
	    .database =
		{
		    .exists = FACT_YES,
		    .is_sound = FACT_YES,
		    .is_writable = FACT_YES,
		    .size = INT64_C(9) << 30,
		    .room = INT64_C(2) << 30,
		    .lately = {.sessions = 1000, .one_sided = 50, .packets = 100000, .dropped = 10},
		    .has_lately = FACT_YES,
		},
	    .host = {FACT_YES, FACT_YES, FACT_YES, FACT_YES, FACT_YES, "", FACT_YES, FACT_YES,
		     FACT_YES, FACT_YES, FACT_YES, FACT_YES, FACT_YES},
	    .resolver = {true, FACT_YES, FACT_YES, ANSWER_SECURE},
	};
}

static struct diagnosis
judge(const struct check *c, const struct facts *f)
{
	struct diagnosis d = {.state = DIAGNOSIS_WRONG};

	c->judge(f, &d);
	assert_int_not_equal(d.what[0], '\0');
	return d;
}

/* Of all checks this one alone says so, and what to do; NULL: none does. */
static void
assert_wrong(const struct facts *f, const char *name)
{
	for (size_t i = 0; i < check_count; i++) {
		const struct diagnosis d = judge(&checks[i], f);
		const bool is_it = name != NULL && strcmp(checks[i].name, name) == 0;

		if ((d.state == DIAGNOSIS_WRONG) != is_it)
			fail_msg("%s: %s: %s", checks[i].name, diagnosis_state_name(d.state),
				 d.what);
		if (is_it && f->database.is_sound != FACT_NO) /* there the store says it all */
			assert_int_not_equal(d.todo[0], '\0');
	}
}

static void
nothing_is_wrong(void **state)
{
	const struct facts f = well();

	(void)state;
	for (size_t i = 0; i < check_count; i++)
		assert_int_equal(judge(&checks[i], &f).state, DIAGNOSIS_OK);
}

/* Sets a machine that is well to f, changes one thing, and has the check of that name say so. */
#define WRONG(name, change)              \
	do {                             \
		struct facts f = well(); \
                                         \
		change;                  \
		assert_wrong(&f, name);  \
	} while (0)

static void
each_is_told(void **state)
{
	(void)state;
	WRONG("interface", f.port.exists = FACT_NO);
	WRONG("interface", f.port.is_up = FACT_NO);
	WRONG("interface", f.port.has_carrier = FACT_NO);
	WRONG("configuration", f.files.is_config_open = FACT_YES);
	WRONG("sinks", f.database.lately.untaken = 1);
	WRONG("sinks", f.files.exposed = "/token");
	WRONG("sides", f.database.lately.one_sided = 51);
	WRONG("loss", f.database.lately.dropped = 12);
	WRONG("loss", f.database.lately.untold = 1);
	WRONG("loss", f.database.lately.crashed = 1);
	WRONG("clock", f.host.is_synchronised = FACT_NO);
	WRONG("resolver", f.resolver.answers = FACT_NO);
	WRONG("resolver", f.resolver.is_believed = FACT_NO);
	WRONG("resolver", f.resolver.answer = ANSWER_INSECURE);
	WRONG("resolver", f.resolver.answer = ANSWER_BOGUS);
	WRONG("authorities", f.host.has_authorities = FACT_NO);
	WRONG("database", f.database.is_sound = FACT_NO; f.database.why[0] = 'x');
	WRONG("database", f.database.is_writable = FACT_NO);
	WRONG("disk", f.database.room = INT64_C(1000) << 20);
	WRONG("disk", f.database.size = INT64_C(10) << 30; f.database.room = INT64_C(63) << 20);
	WRONG("disk", options.keep.bytes = 0; f.database.room = INT64_C(1000) << 20);
	WRONG("kernel", f.host.has_gate = FACT_NO; f.host.gate_why[0] = 'x');
	WRONG("kernel", f.host.has_landlock = FACT_NO);
	WRONG("kernel", f.host.has_seccomp = FACT_NO);
	WRONG("kernel", f.host.has_fanout = FACT_NO);
	WRONG("unit", f.host.is_enabled = FACT_NO);
	WRONG("unit", f.host.is_running = FACT_NO);
	WRONG("sinks", options.sinks = NULL);
	WRONG("sinks", options.sinks = &(struct sinks){0});
}

/* Merged packets are read as well as others: nothing is wrong, and what to do is told. */
static void
merging_is_a_note(void **state)
{
	static const size_t offloads = 2;

	(void)state;
	assert_string_equal(checks[offloads].name, "offloads");
	for (int i = 0; i < 2; i++) {
		struct facts f = well();
		struct diagnosis d;

		if (i == 0)
			f.port.has_gro = FACT_YES;
		else
			f.port.has_lro = FACT_YES;
		d = judge(&checks[offloads], &f);
		assert_int_equal(d.state, DIAGNOSIS_NOTE);
		assert_non_null(strstr(d.todo, i == 0 ? "gro off" : "lro off"));
		assert_wrong(&f, NULL);
	}
}

/* Privileges are the unit's, where it runs; and a machine without systemd has none to run. */
static void
privileges_are_of_whoever_watches(void **state)
{
	(void)state;
	WRONG(NULL, f.host.may_capture = FACT_NO);
	WRONG("privileges", f.host.has_systemd = FACT_NO; f.host.is_running = FACT_NO;
	      f.host.may_capture = FACT_NO);
	WRONG("privileges", f.host.has_systemd = FACT_NO; f.host.is_running = FACT_NO;
	      f.host.may_load = FACT_NO);
	WRONG(NULL, f.host.has_systemd = FACT_NO; f.host.is_running = FACT_NO);
	WRONG(NULL, f.host.has_unit = FACT_NO; f.host.is_running = FACT_NO);
	WRONG(NULL, f.database.exists = FACT_NO; f.database.is_sound = FACT_UNSEEN);
	/* That the gate was refused to who may not load it says nothing of the kernel. */
	WRONG(NULL, f.host.may_load = FACT_NO; f.host.has_gate = FACT_NO);
}

/* What nobody found out is no fault: of such facts each check says that it does not know. */
static void
unseen_is_not_wrong(void **state)
{
	static const char *const unknown[] = {"interface", "offloads",   "sides",
					      "loss",      "clock",      "resolver",
					      "disk",      "privileges", "kernel"};
	struct facts f = well();

	(void)state;
	f.port = (struct port_facts){.name = "tap0"};
	f.database.has_lately = FACT_UNSEEN;
	f.database.lately = (struct lately){.sessions = 9, .one_sided = 9, .dropped = 9};
	f.database.room = -1;
	f.host = (struct host_facts){.has_authorities = FACT_YES};
	f.host.has_systemd = FACT_NO;
	f.resolver = (struct resolver_facts){.is_asked = true};
	for (size_t i = 0; i < check_count; i++)
		for (size_t u = 0; u < sizeof(unknown) / sizeof(unknown[0]); u++)
			if (strcmp(checks[i].name, unknown[u]) == 0)
				assert_int_equal(judge(&checks[i], &f).state, DIAGNOSIS_UNKNOWN);
	assert_wrong(&f, NULL);
}

static void
without_an_interface(void **state)
{
	(void)state;
	WRONG("interface", f.port = (struct port_facts){0});
	WRONG(NULL, f.port = (struct port_facts){.name = "any"});
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nothing_is_wrong),
	    cmocka_unit_test(each_is_told),
	    cmocka_unit_test(merging_is_a_note),
	    cmocka_unit_test(privileges_are_of_whoever_watches),
	    cmocka_unit_test(unseen_is_not_wrong),
	    cmocka_unit_test(without_an_interface),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
