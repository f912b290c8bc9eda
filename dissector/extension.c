/* One line of an EHLO reply; see extension.h. */
#include "dissector/extension.h"
#include "dissector/text.h"

struct bytes
extension_keyword(struct bytes line)
{
	return text_word(line);
}

/* What begins with X is private, and is not listed: that anybody may send. */
static const struct bytes known[] = {
    BYTES("8BITMIME"),
    BYTES("ATRN"),
    BYTES("AUTH"),
    BYTES("BINARYMIME"),
    BYTES("BURL"),
    BYTES("CHECKPOINT"),
    BYTES("CHUNKING"),
    BYTES("CONNEG"),
    BYTES("CONPERM"),
    BYTES("DATA"),
    BYTES("DELIVERBY"),
    BYTES("DSN"),
    BYTES("EHLO"),
    BYTES("ETRN"),
    BYTES("ENHANCEDSTATUSCODES"),
    BYTES("EXPN"),
    BYTES("FUTURERELEASE"),
    BYTES("HELO"),
    BYTES("HELP"),
    BYTES("LIMITS"),
    BYTES("MAIL"),
    BYTES("MT-PRIORITY"),
    BYTES("MTRK"),
    BYTES("NO-SOLICITING"),
    BYTES("NOOP"),
    BYTES("OK"),
    BYTES("ONEX"),
    BYTES("PIPECONNECT"),
    BYTES("PIPELINING"),
    BYTES("PIPE_CONNECT"),
    BYTES("PRDR"),
    BYTES("QUIT"),
    BYTES("RCPT"),
    BYTES("REQUIRETLS"),
    BYTES("RRVS"),
    BYTES("RSET"),
    BYTES("SAML"),
    BYTES("SEND"),
    BYTES("SIZE"),
    BYTES("SMTPUTF8"),
    BYTES("SOML"),
    BYTES("STARTTLS"),
    BYTES("SUBMITTER"),
    BYTES("TIME"),
    BYTES("TURN"),
    BYTES("UTF8SMTP"),
    BYTES("VERB"),
    BYTES("VRFY"),
};

bool
extension_is_known(struct bytes keyword)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (text_equal(keyword, known[i]))
			return true;
	return false;
}

bool
extension_is_starttls(struct bytes line)
{
	struct bytes keyword = extension_keyword(line);

	return text_equal(keyword, BYTES("STARTTLS")) &&
	       text_trim(bytes_after(line, keyword.len)).len == 0;
}
