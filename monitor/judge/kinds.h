/*
 * The tests behind the table of kinds, one a row, by subject.
 *
 * Each is what struct kind says of its test: true where the kind holds for this
 * session alone; *out comes empty but for its kind. Internal to judge.
 */
#ifndef MONITOR_JUDGE_KINDS_H
#define MONITOR_JUDGE_KINDS_H

#include "monitor/judge/judge.h"

/* starttls.c: what became of the offer. At most one of the first three holds. */
bool judge_starttls_missing(const struct session *s, struct finding *out);
bool judge_starttls_masked(const struct session *s, struct finding *out);
bool judge_starttls_stripped(const struct session *s, struct finding *out);
bool judge_starttls_refused(const struct session *s, struct finding *out);
bool judge_starttls_unused(const struct session *s, struct finding *out);

/* suppress.c: text overwritten or refused so that STARTTLS is never reached. */
bool judge_starttls_command_masked(const struct session *s, struct finding *out);
bool judge_ehlo_suppressed(const struct session *s, struct finding *out);
bool judge_banner_masked(const struct session *s, struct finding *out);

/* suppress.c, for starttls.c: starttls-command-masked holds, by the echo or by what arrived. */
bool command_is_echoed(const struct session *s);
bool command_arrives_masked(const struct session *s);

/* tls.c: the handshake, what it settled on, and what broke into it. */
bool judge_tls_handshake_failed(const struct session *s, struct finding *out);
bool judge_tls_interrupted(const struct session *s, struct finding *out);
bool judge_tls_downgrade(const struct session *s, struct finding *out);
bool judge_tls_obsolete(const struct session *s, struct finding *out);
bool judge_certificate_invalid(const struct session *s, struct finding *out);

/* inject.c: text where TLS should begin. */
bool judge_plaintext_after_starttls(const struct session *s, struct finding *out);
bool judge_command_injection(const struct session *s, struct finding *out);
bool judge_response_injection(const struct session *s, struct finding *out);

/* tamper.c: TCP that contradicts itself. */
bool judge_segment_conflict(const struct session *s, struct finding *out);
bool judge_reset_injected(const struct session *s, struct finding *out);

/* secret.c: what should never have been sent in clear. */
bool judge_credentials_exposed(const struct session *s, struct finding *out);
bool judge_requiretls_violation(const struct session *s, struct finding *out);

/* tamper.c, for starttls.c: one of the conflicts shows STARTTLS in one version alone; NULL: none.
 */
const struct conflict *conflict_over_starttls(const struct session *s, bool *in_first);

#endif
