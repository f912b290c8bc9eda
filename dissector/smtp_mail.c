/*
 * What stood in the dialogue when mail, or a secret, first went in clear: what
 * comes behind it came too late, whether it was captured or not. See smtp.h.
 */
#include "dissector/smtp_state.h"

#define FACT_MASK 3u /* a fact fits two bits */

/* What the server says to STARTTLS may still be a yes: RFC 2920 lets a client go on meanwhile. */
static bool
is_answer_due(const struct smtp *s)
{
	return s->is_starttls_waiting || pending_has(&s->pending, AWAIT_STARTTLS);
}

void
smtp_note_mail(struct smtp *s)
{
	const struct smtp_facts *f = &s->facts;
	bool is_open;

	if (s->is_in_clear || !smtp_went_in_clear(f))
		return;
	is_open = is_answer_due(s);
	s->is_in_clear = true;
	s->was_settled = !pending_has(&s->pending, AWAIT_EHLO);
	/* The reply in force is known: what looks like one behind a gap is another's, or none. */
	s->is_ehlo_late |= s->is_whole && s->was_settled && f->mail_count > 0;
	s->offered_then = f->offered & FACT_MASK;
	s->requested_then = is_open ? FACT_UNSEEN : f->requested & FACT_MASK;
	s->accepted_then = is_open ? FACT_UNSEEN : f->accepted & FACT_MASK;
}

bool
smtp_is_in_clear(const struct smtp *s)
{
	return s->is_in_clear;
}

struct smtp_mail
smtp_mail(const struct smtp *s)
{
	return (struct smtp_mail){
	    .is_settled = s->was_settled,
	    .offered = (enum fact)s->offered_then,
	    .requested = (enum fact)s->requested_then,
	    .accepted = (enum fact)s->accepted_then,
	};
}
