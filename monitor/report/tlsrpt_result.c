/* Kinds and result types; see tlsrpt_result.h. */
#include "monitor/report/tlsrpt_result.h"

#include <string.h>

#define NO_STARTTLS "starttls-not-supported"
#define WRONG_NAME  "certificate-host-mismatch"
#define EXPIRED     "certificate-expired"
#define UNTRUSTED   "certificate-not-trusted"
#define GENERAL     "validation-failure"

/*
 * A breach of policy comes last: of mail in clear the reason for that tells more.
 * What the client did not ask for did not fail for want of support.
 */
const struct traffic_kind tlsrpt_kinds[] = {
    {"starttls-masked", false, false},
    {"starttls-command-masked", false, false},
    {"starttls-stripped", false, false},
    {"ehlo-suppressed", false, false},
    {"plaintext-after-starttls", false, false},
    {"starttls-refused", false, false},
    {"tls-handshake-failed", false, true},
    {"starttls-missing", false, false},
    {"plaintext-fallback", false, false},
    {"starttls-unused", false, false},
    {"tls-interrupted", false, false},
    {"response-injection", false, false},
    {"command-injection", false, false},
    {"reset-injected", false, false},
    {"segment-conflict", false, false},
    {"dane-violation", true, true},
    {"sts-violation", true, true},
    {"sts-mx-mismatch", true, false},
    {"mx-mismatch", false, false},
};
const size_t tlsrpt_kind_count = sizeof(tlsrpt_kinds) / sizeof(tlsrpt_kinds[0]);

/* A row for each kind that has a type of its own, and for each cause that a sentence names. */
static const struct {
	const char *kind;
	const char *words; /* of the sentence; NULL: any */
	const char *result;
} results[] = {
    {"starttls-masked", NULL, NO_STARTTLS},
    {"starttls-command-masked", NULL, NO_STARTTLS},
    {"starttls-stripped", NULL, NO_STARTTLS},
    {"starttls-missing", NULL, NO_STARTTLS},
    {"starttls-refused", NULL, NO_STARTTLS},
    {"ehlo-suppressed", NULL, NO_STARTTLS},
    /* Alerts of the client, RFC 8446 section 6.2: what it thinks of the server's certificate. */
    {"tls-handshake-failed", "alert certificate_expired (45) from the client", EXPIRED},
    {"tls-handshake-failed", "alert unknown_ca (48) from the client", UNTRUSTED},
    {"tls-handshake-failed", "alert bad_certificate (42) from the client", UNTRUSTED},
    {"tls-handshake-failed", "alert unsupported_certificate (43) from the client", UNTRUSTED},
    {"tls-handshake-failed", "alert certificate_revoked (44) from the client", UNTRUSTED},
    {"tls-handshake-failed", "alert certificate_unknown (46) from the client", UNTRUSTED},
    {"sts-violation", "is not for the MX host", WRONG_NAME},
    {"sts-violation", "is out of date", EXPIRED},
    {"sts-violation", "no known authority issued", UNTRUSTED},
    {"dane-violation", "none of its TLSA records names", UNTRUSTED},
    {"dane-violation", "chain to the named authority does not hold", UNTRUSTED},
    {"dane-violation", "for another host", WRONG_NAME},
    {"dane-violation", "is out of date", EXPIRED},
};

const char *
tlsrpt_result(const char *kind, const char *detail)
{
	for (size_t i = 0; kind != NULL && i < sizeof(results) / sizeof(results[0]); i++)
		if (strcmp(results[i].kind, kind) == 0 &&
		    (results[i].words == NULL || strstr(detail, results[i].words) != NULL))
			return results[i].result;
	return GENERAL;
}

bool
tlsrpt_is_breach(const char *kind, const char *type)
{
	if (strcmp(type, "tlsa") == 0)
		return strcmp(kind, "dane-violation") == 0;
	return strcmp(type, "sts") == 0 && strncmp(kind, "sts-", 4) == 0;
}
