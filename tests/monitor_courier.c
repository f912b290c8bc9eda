/*
 * Keeper and courier: messages that cross whole or not at all, and secrets that are
 * read from files. What sinks make of it is in tests/sinks.t.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "monitor/alert/secret_file.h"
#include "monitor/role/courier_message.h"
#include "tests/packed.h"

static struct courier_sink *
crossed(const struct sink *s)
{
	struct packer p = packer_over(memory, sizeof(memory));

	courier_message_put_sink(&p, s);
	return courier_message_get_sink(body_of(&p, MESSAGE_SINK));
}

static void
a_sink_crosses_with_all_that_sending_takes(void **state)
{
	const char *headers[] = {"X-A: b", "X-C: d"}, *files[] = {"X-Key: /k"};
	const struct sink hook = {.name = "hook",
				  .type = SINK_WEBHOOK,
				  .format = SINK_CHAT,
				  .url = "https://hooks.example.com/x",
				  .token_file = "/token",
				  .ca_file = "/ca.pem",
				  .headers = {headers, 2},
				  .header_files = {files, 1}};
	struct courier_sink *s = crossed(&hook);

	(void)state;
	assert_non_null(s);
	assert_int_equal(s->sink.type, SINK_WEBHOOK);
	assert_int_equal(s->sink.format, SINK_CHAT);
	assert_string_equal(s->sink.name, "hook");
	assert_string_equal(s->sink.url, hook.url);
	assert_string_equal(s->sink.token_file, "/token");
	assert_null(s->sink.url_file);
	assert_string_equal(s->sink.ca_file, "/ca.pem");
	assert_null(s->sink.path);
	assert_int_equal(s->sink.headers.count, 2);
	assert_string_equal(s->sink.headers.at[1], "X-C: d");
	assert_int_equal(s->sink.header_files.count, 1);
	assert_string_equal(s->sink.header_files.at[0], "X-Key: /k");
	free(s);
}

static void
a_command_crosses_word_for_word(void **state)
{
	const struct sink run = {
	    .name = "run", .type = SINK_EXEC, .command = {"/bin/x", "a b", "$(c)"}, .user = "ops"};
	struct courier_sink *s = crossed(&run);

	(void)state;
	assert_non_null(s);
	assert_string_equal(s->sink.command[0], "/bin/x");
	assert_string_equal(s->sink.command[2], "$(c)");
	assert_null(s->sink.command[3]);
	assert_string_equal(s->sink.user, "ops");
	free(s);
}

static void
a_sink_that_lacks_something_is_refused(void **state)
{
	static const struct sink rows[] = {
	    {.name = NULL, .type = SINK_FILE, .path = "/x"},
	    {.name = "no path", .type = SINK_FILE},
	    {.name = "no url", .type = SINK_WEBHOOK},
	    {.name = "no host", .type = SINK_SYSLOG, .carrier = CARRIER_TLS, .port = 1},
	    {.name = "no port", .type = SINK_SYSLOG, .carrier = CARRIER_TCP, .host = "h"},
	    {.name = "no command", .type = SINK_EXEC},
	    {.name = "nobody", .type = SINK_MAIL, .sendmail = "/s"},
	    {.name = "nothing", .type = SINK_NONE},
	    {.name = "control", .type = SINK_FILE, .path = "/x\ny"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct courier_sink *s = crossed(&rows[i]);

		if (s != NULL)
			fail_msg("%s: was taken", rows[i].name);
	}
}

static void
a_sink_cut_anywhere_is_refused(void **state)
{
	const struct sink file = {.name = "log", .type = SINK_FILE, .path = "/var/log/x"};
	struct packer p = packer_over(memory, sizeof(memory));
	struct bytes body;

	(void)state;
	courier_message_put_sink(&p, &file);
	body = body_of(&p, MESSAGE_SINK);
	for (size_t i = 0; i < body.len; i++)
		assert_null(courier_message_get_sink(bytes_first(body, i)));
}

static void
what_is_to_be_sent_crosses(void **state)
{
	const struct delivery d = {.id = 7, .sink = 3, .payload = bytes_text("{\"a\":1}\n")};
	struct packer p = packer_over(memory, sizeof(memory));
	struct delivery got;

	(void)state;
	courier_message_put_delivery(&p, &d);
	assert_true(courier_message_get_delivery(body_of(&p, MESSAGE_DELIVERY), &got));
	assert_int_equal(got.id, 7);
	assert_int_equal(got.sink, 3);
	assert_true(bytes_equal(got.payload, d.payload));
}

static bool
is_taken(const struct delivered *d)
{
	struct packer p = packer_over(memory, sizeof(memory));
	struct delivered got;

	courier_message_put_delivered(&p, d);
	return courier_message_get_delivered(body_of(&p, MESSAGE_DELIVERED), &got) &&
	       got.id == d->id && strcmp(got.outcome.why, d->outcome.why) == 0;
}

static void
what_became_of_it_must_hold_together(void **state)
{
	(void)state;
	assert_true(is_taken(&(struct delivered){.id = 1}));
	assert_true(is_taken(&(struct delivered){
	    .id = 1, .outcome = {.how = DISPATCH_LATER, .wait = 60, .why = "busy"}}));
	/* Later without a reason, sent with one, lost though it speaks, a pause without end. */
	assert_false(is_taken(&(struct delivered){.id = 1, .outcome = {.how = DISPATCH_LATER}}));
	assert_false(is_taken(
	    &(struct delivered){.id = 1, .outcome = {.how = DISPATCH_SENT, .why = "odd"}}));
	assert_false(is_taken(&(struct delivered){
	    .id = 1,
	    .outcome = {.how = DISPATCH_LATER, .wait = SEND_WAIT_MAX + 1, .why = "busy"}}));
	assert_false(is_taken(&(struct delivered){.id = 1, .sink = SINKS_MAX}));
}

/* ---- Secrets ---- */

static bool
reads(const char *content, size_t len, char out[SECRET_MAX])
{
	char path[] = "/tmp/waxseal-secret-XXXXXX";
	const int fd = mkstemp(path);
	const char *why;
	bool is_read;

	assert_int_equal(write(fd, content, len), (ssize_t)len);
	close(fd);
	is_read = secret_file_read(path, out, &why);
	unlink(path);
	return is_read;
}

#define READS(text) reads(text, sizeof(text) - 1, out)

static void
a_secret_is_the_first_line_of_a_file(void **state)
{
	static char out[SECRET_MAX], long_one[SECRET_MAX + 1];
	const char *why;

	(void)state;
	assert_true(READS("s3cret\nmore\n"));
	assert_string_equal(out, "s3cret");
	assert_true(READS("s3cret \r\n"));
	assert_string_equal(out, "s3cret");
	assert_true(READS("s3cret"));
	assert_string_equal(out, "s3cret");
	assert_false(READS(""));
	assert_false(READS("\ns3cret\n"));
	assert_false(READS("a\rX-Other: b\n"));
	assert_false(READS("a\0b\n"));
	memset(long_one, 'a', sizeof(long_one));
	assert_false(reads(long_one, sizeof(long_one), out));
	assert_string_equal(out, "");
	assert_false(secret_file_read("/nonexistent/secret", out, &why));
	assert_string_equal(why, "No such file or directory");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_sink_crosses_with_all_that_sending_takes),
	    cmocka_unit_test(a_command_crosses_word_for_word),
	    cmocka_unit_test(a_sink_that_lacks_something_is_refused),
	    cmocka_unit_test(a_sink_cut_anywhere_is_refused),
	    cmocka_unit_test(what_is_to_be_sent_crosses),
	    cmocka_unit_test(what_became_of_it_must_hold_together),
	    cmocka_unit_test(a_secret_is_the_first_line_of_a_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
