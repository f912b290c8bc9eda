/* What a session came to, and when an absence may be claimed. */
#include "dissector/session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* A session of which everything was captured, closed in order, in which nothing happened. */
#define WHOLE .seen = SEEN_BOTH, .syn_seen = true, .clear_whole = true, .ending = ENDING_FIN

static const struct {
	const char *name;
	struct session session;
	enum outcome outcome;
} rows[] = {
    {"nothing but a greeting", {WHOLE}, OUTCOME_NO_MAIL},
    {"MAIL sent and refused", {WHOLE, .smtp.mail_count = 1}, OUTCOME_NO_MAIL},
    {"STARTTLS refused, then nothing",
     {WHOLE, .smtp.requested = FACT_YES, .smtp.accepted = FACT_NO},
     OUTCOME_NO_MAIL},
    {"MAIL accepted", {WHOLE, .smtp.mail_accepted = true}, OUTCOME_PLAINTEXT},
    {"a secret sent", {WHOLE, .smtp.credentials_sent = true}, OUTCOME_PLAINTEXT},
    {"message bytes, and the rest missing",
     {.seen = SEEN_CLIENT, .ending = ENDING_CAPTURE, .smtp.message_sent = true},
     OUTCOME_PLAINTEXT},
    {"mail in clear, and TLS afterwards",
     {WHOLE, .smtp.mail_accepted = true, .smtp.accepted = FACT_YES, .tls.complete = FACT_YES},
     OUTCOME_PLAINTEXT},
    {"handshake complete",
     {WHOLE, .smtp.accepted = FACT_YES, .tls.complete = FACT_YES},
     OUTCOME_ENCRYPTED},
    {"handshake complete in a capture with losses",
     {.seen = SEEN_BOTH, .ending = ENDING_CAPTURE, .tls.complete = FACT_YES},
     OUTCOME_ENCRYPTED},
    {"handshake failed",
     {WHOLE, .smtp.accepted = FACT_YES, .tls.complete = FACT_NO, .tls.client_hello = true},
     OUTCOME_TLS_FAILED},
    {"implicit TLS failed",
     {WHOLE, .tls.is_implicit = true, .tls.complete = FACT_NO},
     OUTCOME_TLS_FAILED},
    {"implicit TLS, not seen to its end",
     {WHOLE, .tls.is_implicit = true, .tls.client_hello = true},
     OUTCOME_PARTIAL},
    {"closed after the 220 without a ClientHello",
     {WHOLE, .smtp.accepted = FACT_YES},
     OUTCOME_TLS_FAILED},
    {"the same, and the capture ends first",
     {.seen = SEEN_BOTH,
      .syn_seen = true,
      .clear_whole = true,
      .ending = ENDING_CAPTURE,
      .smtp.accepted = FACT_YES},
     OUTCOME_PARTIAL},
    {"the same, with bytes missing",
     {.seen = SEEN_BOTH, .syn_seen = true, .ending = ENDING_FIN, .smtp.accepted = FACT_YES},
     OUTCOME_PARTIAL},
    {"one side of a handshake",
     {.seen = SEEN_SERVER,
      .syn_seen = true,
      .clear_whole = true,
      .ending = ENDING_FIN,
      .smtp.accepted = FACT_YES,
      .tls.server_hello = true},
     OUTCOME_PARTIAL},
    {"the server's side alone",
     {.seen = SEEN_SERVER, .syn_seen = true, .clear_whole = true, .ending = ENDING_FIN},
     OUTCOME_PARTIAL},
    {"no SYN", {.seen = SEEN_BOTH, .clear_whole = true, .ending = ENDING_FIN}, OUTCOME_PARTIAL},
    {"a gap", {.seen = SEEN_BOTH, .syn_seen = true, .ending = ENDING_FIN}, OUTCOME_PARTIAL},
    {"under way when the capture ends",
     {.seen = SEEN_BOTH, .syn_seen = true, .clear_whole = true, .ending = ENDING_CAPTURE},
     OUTCOME_PARTIAL},
    {"the same, but the client has taken its leave",
     {.seen = SEEN_BOTH,
      .syn_seen = true,
      .clear_whole = true,
      .ending = ENDING_CAPTURE,
      .smtp.quit_sent = true},
     OUTCOME_NO_MAIL},
    {"evicted",
     {.seen = SEEN_BOTH, .syn_seen = true, .clear_whole = true, .ending = ENDING_EVICTED},
     OUTCOME_PARTIAL},
    {"its addresses and ports used anew",
     {.seen = SEEN_BOTH, .syn_seen = true, .clear_whole = true, .ending = ENDING_REUSED},
     OUTCOME_PARTIAL},
    {"fallen silent",
     {.seen = SEEN_BOTH, .syn_seen = true, .clear_whole = true, .ending = ENDING_IDLE},
     OUTCOME_NO_MAIL},
    {"reset",
     {.seen = SEEN_BOTH, .syn_seen = true, .clear_whole = true, .ending = ENDING_RESET},
     OUTCOME_NO_MAIL},
};

static void
the_outcome_follows_from_the_facts(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (session_outcome(&rows[i].session) != rows[i].outcome)
			fail_msg("%s: %s", rows[i].name,
				 outcome_name(session_outcome(&rows[i].session)));
}

static void
absence_needs_both_sides_the_beginning_and_every_byte(void **state)
{
	const struct session whole = {WHOLE};
	struct session s = whole;

	(void)state;
	assert_true(session_can_show_absence(&s));
	s.seen = SEEN_CLIENT;
	assert_false(session_can_show_absence(&s));
	s.seen = SEEN_SERVER;
	assert_false(session_can_show_absence(&s));
	s = whole;
	s.syn_seen = false;
	assert_false(session_can_show_absence(&s));
	s = whole;
	s.clear_whole = false;
	assert_false(session_can_show_absence(&s));
	/* Missing ciphertext hides nothing of what was in clear. */
	s = whole;
	s.gap_bytes = 5760;
	assert_true(session_can_show_absence(&s));
}

static void
names_are_those_of_the_contract(void **state)
{
	(void)state;
	assert_string_equal(outcome_name(OUTCOME_ENCRYPTED), "encrypted");
	assert_string_equal(outcome_name(OUTCOME_PLAINTEXT), "plaintext");
	assert_string_equal(outcome_name(OUTCOME_TLS_FAILED), "tls-failed");
	assert_string_equal(outcome_name(OUTCOME_NO_MAIL), "no-mail");
	assert_string_equal(outcome_name(OUTCOME_PARTIAL), "partial");
	assert_string_equal(service_name(SERVICE_NONE), "none");
	assert_string_equal(service_name(SERVICE_SMTP), "smtp");
	assert_string_equal(service_name(SERVICE_SUBMISSION), "submission");
	assert_string_equal(service_name(SERVICE_SUBMISSIONS), "submissions");
	assert_string_equal(service_name(SERVICE_LMTP), "lmtp");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_outcome_follows_from_the_facts),
	    cmocka_unit_test(absence_needs_both_sides_the_beginning_and_every_byte),
	    cmocka_unit_test(names_are_those_of_the_contract),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
