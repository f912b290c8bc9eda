/*
 * SQL that a filter's addresses and domain are compared by, row by row. Each
 * lets all rows pass where its value is NULL.
 */
#ifndef DB_PLACE_H
#define DB_PLACE_H

#define IN_NETWORK(address, network) "(" network " IS NULL OR in_network(" address ", " network "))"

/* A session names a domain in MAIL or RCPT; most name none, and that is seen soonest. */
#define ARRAY_NAMES(array, domain)                                      \
	"(" array " <> '[]' AND EXISTS (SELECT 1 FROM json_each(" array \
	") WHERE in_domain(value, " domain ")))"
#define NAMES_DOMAIN(session, domain)                 \
	"(" ARRAY_NAMES(session ".mail_rcpt_domains", \
			domain) " OR " ARRAY_NAMES(session ".mail_from_domains", domain) ")"

/* Of an index it is: sessions_named. */
#define IS_NAMED "(mail_rcpt_domains <> '[]' OR mail_from_domains <> '[]')"

/*
 * The outcomes that any session has which names a domain, as bits. TLS hides
 * what is named, so most have none: of those nobody need be asked.
 */
#define ANY_NAMED(outcome)                                                                   \
	"EXISTS (SELECT 1 FROM sessions INDEXED BY sessions_named WHERE outcome = '" outcome \
	"' AND " IS_NAMED ")"
#define NAMED_OUTCOMES                                                                          \
	"(SELECT " ANY_NAMED("encrypted") " + 2 * " ANY_NAMED("plaintext") " + 4 * " ANY_NAMED( \
	    "tls-failed") " + 8 * " ANY_NAMED("no-mail") " + 16 * " ANY_NAMED("partial") " + 32)"

#define SESSION_IN_PLACE(session, client, server, domain)                                          \
	IN_NETWORK(session ".client", client)                                                      \
	" AND " IN_NETWORK(session ".server", server) " AND (" domain " IS NULL OR " NAMES_DOMAIN( \
	    session, domain) ")"

/* Of an incident what it names itself counts, and what any of its sessions does. */
#define ANY_SESSION(incident, condition)                                                 \
	"EXISTS (SELECT 1 FROM findings f JOIN sessions s ON s.id = f.session_id WHERE " \
	"f.incident_id = " incident ".id AND " condition ")"
/* Its clients are all of one network, unless it sums up a surge: one stands for all of them. */
#define MAY_HAVE_OTHER(incident, client) \
	"(" incident ".client_net = '' OR tells_clients_apart(" client "))"
/* None of its sessions is looked at where all are of outcomes that hide what is named. */
#define ANY_SESSION_NAMES(incident, domain)        \
	"(" incident ".outcomes & " NAMED_OUTCOMES \
	" AND " ANY_SESSION(incident, NAMES_DOMAIN("s", domain)) ")"
#define INCIDENT_IN_PLACE(incident, client, server, domain)                                     \
	"(" client " IS NULL OR in_network(" incident ".client, " client                        \
	") OR (" MAY_HAVE_OTHER(incident, client) " AND " ANY_SESSION(                          \
	    incident,                                                                           \
	    "in_network(s.client, " client                                                      \
	    ")") ")) AND " IN_NETWORK(incident ".server",                                       \
				      server) " AND (" domain " IS NULL OR in_domain(" incident \
					      ".domain, " domain                                \
					      ") OR " ANY_SESSION_NAMES(incident, domain) ")"

#endif
