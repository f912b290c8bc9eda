/*
 * Words of SMTP; see vocabulary.h. Keywords as in IANA's registry of SMTP
 * service extensions, and others that are met with. None of them can be a
 * secret or a name, but by accident.
 */
#include "dissector/vocabulary.h"
#include "dissector/command.h"
#include "dissector/padding.h"
#include "dissector/text.h"

/* Of extensions, but for private ones: those begin with X, and anybody may send them. */
static const struct bytes extensions[] = {
    BYTES_INIT("STARTTLS"),   BYTES_INIT("AUTH"),         BYTES_INIT("SIZE"),
    BYTES_INIT("PIPELINING"), BYTES_INIT("PIPE_CONNECT"), BYTES_INIT("PIPECONNECT"),
    BYTES_INIT("CHUNKING"),   BYTES_INIT("BINARYMIME"),   BYTES_INIT("8BITMIME"),
    BYTES_INIT("SMTPUTF8"),   BYTES_INIT("UTF8SMTP"),     BYTES_INIT("ENHANCEDSTATUSCODES"),
    BYTES_INIT("DSN"),        BYTES_INIT("DELIVERBY"),    BYTES_INIT("REQUIRETLS"),
    BYTES_INIT("LIMITS"),     BYTES_INIT("MT-PRIORITY"),  BYTES_INIT("FUTURERELEASE"),
    BYTES_INIT("RRVS"),       BYTES_INIT("BURL"),         BYTES_INIT("CHECKPOINT"),
    BYTES_INIT("CONPERM"),    BYTES_INIT("CONNEG"),       BYTES_INIT("NO-SOLICITING"),
    BYTES_INIT("SUBMITTER"),  BYTES_INIT("MTRK"),         BYTES_INIT("ATRN"),
    BYTES_INIT("ETRN"),       BYTES_INIT("TURN"),         BYTES_INIT("EXPN"),
    BYTES_INIT("VRFY"),       BYTES_INIT("HELP"),         BYTES_INIT("VERB"),
    BYTES_INIT("ONEX"),       BYTES_INIT("PRDR"),
};

/* Private ones, and the words behind some. */
static const struct bytes other_keywords[] = {
    BYTES_INIT("X-ANONYMOUSTLS"), BYTES_INIT("TLS"),      BYTES_INIT("X-EXPS"),
    BYTES_INIT("MAILMAX"),        BYTES_INIT("RCPTMAX"),  BYTES_INIT("RCPTDOMAINMAX"),
    BYTES_INIT("XCLIENT"),        BYTES_INIT("XFORWARD"), BYTES_INIT("XEXCH50"),
    BYTES_INIT("XRDST"),          BYTES_INIT("XSHADOW"),  BYTES_INIT("X-LINK2STATE"),
};

/* What some servers list beside extensions. */
static const struct bytes listed_words[] = {
    BYTES_INIT("DATA"), BYTES_INIT("EHLO"), BYTES_INIT("HELO"), BYTES_INIT("MAIL"),
    BYTES_INIT("NOOP"), BYTES_INIT("OK"),   BYTES_INIT("QUIT"), BYTES_INIT("RCPT"),
    BYTES_INIT("RSET"), BYTES_INIT("SAML"), BYTES_INIT("SEND"), BYTES_INIT("SOML"),
    BYTES_INIT("TIME"),
};

/* Verbs that command.h has no name for. */
static const struct bytes other_verbs[] = {
    BYTES_INIT("XEXCH50"),
    BYTES_INIT("PROXY"),
    BYTES_INIT("BURL"),
    BYTES_INIT("ATRN"),
};

static const struct bytes session_words[] = {
    BYTES_INIT("ready"),        BYTES_INIT("go"),          BYTES_INIT("ahead"),
    BYTES_INIT("begin"),        BYTES_INIT("start"),       BYTES_INIT("to"),
    BYTES_INIT("for"),          BYTES_INIT("with"),        BYTES_INIT("TLS"),
    BYTES_INIT("SSL"),          BYTES_INIT("SMTP"),        BYTES_INIT("ESMTP"),
    BYTES_INIT("ESMTPS"),       BYTES_INIT("LMTP"),        BYTES_INIT("server"),
    BYTES_INIT("service"),      BYTES_INIT("negotiation"), BYTES_INIT("handshake"),
    BYTES_INIT("now"),          BYTES_INIT("not"),         BYTES_INIT("is"),
    BYTES_INIT("supported"),    BYTES_INIT("implemented"), BYTES_INIT("available"),
    BYTES_INIT("unavailable"),  BYTES_INIT("temporarily"), BYTES_INIT("due"),
    BYTES_INIT("reason"),       BYTES_INIT("error"),       BYTES_INIT("closing"),
    BYTES_INIT("transmission"), BYTES_INIT("channel"),     BYTES_INIT("connection"),
    BYTES_INIT("command"),      BYTES_INIT("syntax"),      BYTES_INIT("unrecognized"),
    BYTES_INIT("unknown"),      BYTES_INIT("bad"),         BYTES_INIT("sequence"),
    BYTES_INIT("of"),           BYTES_INIT("commands"),    BYTES_INIT("bye"),
    BYTES_INIT("ok"),           BYTES_INIT("Postfix"),     BYTES_INIT("Exim"),
    BYTES_INIT("Sendmail"),     BYTES_INIT("OpenSMTPD"),   BYTES_INIT("Haraka"),
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool
is_among(struct bytes word, const struct bytes *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (text_equal(word, list[i]))
			return true;
	return false;
}

/* What a device on the way leaves of a word. */
static bool
is_masked(struct bytes word)
{
	return (word.len >= PADDING_RUN_MIN && padding_is_word(word)) || padding_is_near_miss(word);
}

bool
vocabulary_is_keyword(struct bytes word)
{
	return is_among(word, extensions, COUNT(extensions)) ||
	       is_among(word, other_keywords, COUNT(other_keywords)) || is_masked(word) ||
	       command_mechanism(word).name.len > 0;
}

bool
vocabulary_is_extension(struct bytes word)
{
	return is_among(word, extensions, COUNT(extensions)) ||
	       is_among(word, listed_words, COUNT(listed_words));
}

bool
vocabulary_is_verb(struct bytes word)
{
	return (word.len > 0 && command_read(word).verb != VERB_UNKNOWN) || is_masked(word) ||
	       is_among(word, other_verbs, COUNT(other_verbs));
}

bool
vocabulary_is_of_session(struct bytes word)
{
	return is_among(word, session_words, COUNT(session_words));
}

static bool
ends_one(struct bytes word, const struct bytes *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (word.len <= list[i].len &&
		    text_equal(word, bytes_after(list[i], list[i].len - word.len)))
			return true;
	return false;
}

bool
vocabulary_is_end(struct bytes word)
{
	return ends_one(word, extensions, COUNT(extensions)) ||
	       ends_one(word, other_keywords, COUNT(other_keywords)) ||
	       vocabulary_is_keyword(word) || padding_is_word(word);
}

static bool
begins_one(struct bytes word, const struct bytes *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (text_starts(list[i], word))
			return true;
	return false;
}

bool
vocabulary_is_begin(struct bytes word)
{
	return begins_one(word, extensions, COUNT(extensions)) ||
	       begins_one(word, other_keywords, COUNT(other_keywords)) ||
	       vocabulary_is_keyword(word) || padding_is_word(word);
}
