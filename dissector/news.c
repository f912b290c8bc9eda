/* The decisive facts, a few bits each; see news.h. */
#include "dissector/news.h"

/* Shift in width bits of a value that stops at their largest. */
static void
put(uint64_t *news, uint64_t value, unsigned width)
{
	uint64_t most = (UINT64_C(1) << width) - 1;

	*news = *news << width | (value < most ? value : most);
}

static void
put_dialogue(uint64_t *news, const struct smtp_facts *f)
{
	put(news, f->extended, 2);
	put(news, f->helo_after_refusal, 1);
	put(news, f->offered, 2);
	put(news, f->requested, 2);
	put(news, f->accepted, 2);
	put(news, f->starttls_refusal, 1);
	put(news, f->mail_count, 1);
	put(news, f->mail_accepted, 1);
	put(news, f->message_sent, 1);
	put(news, f->credentials_sent, 1);
	put(news, f->secret_sent, 1);
	put(news, f->requiretls_sent, 1);
	put(news, f->client_injected, 1);
	put(news, f->server_injected, 1);
	put(news, f->client_text_after, 1);
	put(news, f->server_text_after, 1);
	put(news, f->mail_after_tls, 1);
	put(news, f->verb_masked, 1);
	put(news, f->verb_echoed, 1);
	put(news, f->quit_sent, 1);
}

static void
put_tls(uint64_t *news, const struct tls_facts *f)
{
	put(news, f->client_hello, 1);
	put(news, f->server_hello, 1);
	put(news, f->complete, 2);
	put(news, f->failure, 3);
	put(news, f->is_interrupted, 1);
}

uint64_t
news_of(const struct conversation *c)
{
	uint64_t news = 0;

	if (c->mode == MODE_SMTP) {
		put_dialogue(&news, smtp_facts(conversation_smtp_const(c)));
		/* What is demanded of a mail depends on whom it is for. */
		put(&news, smtp_rcpt_domains(conversation_smtp_const(c)), 2);
	}
	if (c->tls_begun)
		put_tls(&news, tls_facts(conversation_tls_const(c)));
	put(&news, c->conflicts, 3);
	put(&news, c->resets_kept, 3);
	return news;
}
