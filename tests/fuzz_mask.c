/*
 * Any greeting and any EHLO reply: what mask says of them must hold together,
 * and what is told of them must be printable. The input is lines; the first
 * empty one parts the greeting from the reply.
 */
#include "dissector/extension.h"
#include "monitor/judge/judge.h"
#include "monitor/judge/mask.h"
#include "tests/demand.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Too large for the stack. */
static struct session session;
static struct verdict verdict;

static void
read_lines(struct bytes in)
{
	bool is_greeting = true;

	session.greetings = session.ehlos = 0;
	while (in.len > 0) {
		size_t len = bytes_find(in, '\n');
		struct bytes line = bytes_first(in, len);

		in = bytes_after(in, len < in.len ? len + 1 : len);
		if (is_greeting && line.len == 0)
			is_greeting = false;
		else if (is_greeting && session.greetings < GREETING_LINES_MAX)
			session.greeting[session.greetings++] = line;
		else if (!is_greeting && session.ehlos < EHLO_LINES_MAX)
			session.ehlo[session.ehlos++] = line;
	}
}

static void
check_mask(void)
{
	struct mask_input in = {session.greeting, session.greetings, session.ehlo, session.ehlos};
	struct mask m;

	mask_of(&in, &m);
	demand((m.form == MASK_NONE) == (m.why[0] == '\0'));
	if (m.form == MASK_NONE)
		return;
	demand(m.line > 0 && m.line < session.ehlos);
	demand(!extension_is_starttls(session.ehlo[m.line]));
	for (size_t i = 1; i < session.ehlos; i++)
		if (extension_is_starttls(session.ehlo[i]))
			demand(m.hides == HIDES_OTHER);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	read_lines((struct bytes){data, size});
	check_mask();
	session.seen = SEEN_BOTH;
	session.syn_seen = session.clear_whole = true;
	session.smtp.extended = FACT_YES;
	session.smtp.offered = session.smtp.requested = FACT_NO;
	session.smtp.mail_accepted = true;
	judge_session(&session, &verdict);
	for (size_t i = 0; i < verdict.count; i++) {
		demand_printable(verdict.findings[i].detail);
		for (size_t p = 0; p < verdict.findings[i].proof_count; p++)
			demand_printable(verdict.findings[i].proofs[p].value);
	}
	return 0;
}
