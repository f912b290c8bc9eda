/*
 * The tests behind the table of kinds, one a row, by subject.
 *
 * Each is what struct kind says of its test: true where the kind holds for this
 * session, beside what is known; *out comes empty but for its kind. Internal to judge.
 */
#ifndef MONITOR_JUDGE_KINDS_H
#define MONITOR_JUDGE_KINDS_H

#include "monitor/judge/judge.h"

#define REPLY_CLOSING     421 /* RFC 5321 section 4.2.1 */
#define REPLY_UNAVAILABLE 454 /* RFC 3207 section 4 */
#define REFUSED_FOR_GOOD  500 /* and above, RFC 5321 section 4.2.1 */

/* starttls.c: what became of the offer. At most one of the first three holds. */
bool judge_starttls_missing(const struct judge_case *c, struct finding *out);
bool judge_starttls_masked(const struct judge_case *c, struct finding *out);
bool judge_starttls_stripped(const struct judge_case *c, struct finding *out);
bool judge_starttls_refused(const struct judge_case *c, struct finding *out);
bool judge_starttls_unused(const struct judge_case *c, struct finding *out);

/* suppress.c: text overwritten or refused so that STARTTLS is never reached. */
bool judge_starttls_command_masked(const struct judge_case *c, struct finding *out);
bool judge_ehlo_suppressed(const struct judge_case *c, struct finding *out);
bool judge_banner_masked(const struct judge_case *c, struct finding *out);

/* fallback.c: encryption that failed, and then mail in clear. */
bool judge_plaintext_fallback(const struct judge_case *c, struct finding *out);

/* suppress.c, for starttls.c: starttls-command-masked holds, by the echo or by what arrived. */
bool command_is_echoed(const struct session *s);
bool command_arrives_masked(const struct session *s);

/* tls.c: the handshake, what it settled on, and what broke into it. */
bool judge_tls_handshake_failed(const struct judge_case *c, struct finding *out);
bool judge_tls_interrupted(const struct judge_case *c, struct finding *out);
bool judge_tls_downgrade(const struct judge_case *c, struct finding *out);
bool judge_tls_obsolete(const struct judge_case *c, struct finding *out);
bool judge_certificate_changed(const struct judge_case *c, struct finding *out);
bool judge_certificate_invalid(const struct judge_case *c, struct finding *out);

/* inject.c: text where TLS should begin. */
bool judge_plaintext_after_starttls(const struct judge_case *c, struct finding *out);
bool judge_command_injection(const struct judge_case *c, struct finding *out);
bool judge_response_injection(const struct judge_case *c, struct finding *out);

/* tamper.c: TCP that contradicts itself. */
bool judge_segment_conflict(const struct judge_case *c, struct finding *out);
bool judge_reset_injected(const struct judge_case *c, struct finding *out);

/* demand.c: what the destination's policy says of what was seen. */
bool judge_sts_violation(const struct judge_case *c, struct finding *out);
bool judge_sts_mx_mismatch(const struct judge_case *c, struct finding *out);
bool judge_sts_suppressed(const struct judge_case *c, struct finding *out);
bool judge_dane_violation(const struct judge_case *c, struct finding *out);
bool judge_mx_mismatch(const struct judge_case *c, struct finding *out);

/* secret.c: what should never have been sent in clear. */
bool judge_credentials_exposed(const struct judge_case *c, struct finding *out);
bool judge_requiretls_violation(const struct judge_case *c, struct finding *out);

/* tamper.c, for starttls.c: one of the conflicts shows STARTTLS in one version alone; NULL: none.
 */
const struct conflict *conflict_over_starttls(const struct session *s, bool *in_first);

#endif
