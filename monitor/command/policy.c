/* waxseal policy: MTA-STS, DANE and TLSRPT of a domain, explained. */
#include <stdio.h>
#include <unistd.h>

#include "monitor/command/asking.h"
#include "monitor/command/command.h"
#include "monitor/command/policy_view.h"
#include "monitor/log.h"
#include "monitor/policy_rows.h"

/* What the database has of the domain. */
struct recall {
	struct store *store; /* NULL: there is no database */
	struct policy_book *book;
	const struct known_policy *known; /* NULL: it knows nothing */
	struct policy_seen seen;
};

/* Without look-ups there must be one; else one that was not asked for may be missing. */
static bool
recall_open(const struct options *o, struct recall *r)
{
	char why[STORE_WHY_MAX];
	const bool is_wanted = o->has_db || o->watch.no_lookups;

	if (!is_wanted && access(o->db, F_OK) != 0)
		return true;
	r->store = store_open(o->db, STORE_READ, why, sizeof(why));
	if (r->store == NULL && is_wanted)
		log_error("%s", why);
	else if (r->store == NULL)
		log_note("%s (what was seen of the domain is not shown)", why);
	return r->store != NULL || !is_wanted;
}

static bool
recall_known(const struct options *o, struct recall *r)
{
	const struct bytes domain = domain_bytes(&o->domain);

	if (r->store == NULL)
		return true;
	r->book = book_new();
	if (r->book == NULL || !policy_rows_load(r->store, domain, r->book)) {
		const char *why = store_error(r->store);

		log_error("%s", why[0] != '\0' ? why : "policy: out of memory");
		return false;
	}
	r->known = book_find(r->book, domain);
	return true;
}

static bool
recall_seen(struct recall *r, const struct learnt *learnt)
{
	if (r->store == NULL ||
	    policy_seen_read(r->store, learnt->domain.text, &learnt->mx, &r->seen))
		return true;
	log_error("%s", store_error(r->store));
	return false;
}

static void
recall_close(struct recall *r)
{
	book_free(r->book);
	store_close(r->store);
}

static int
show(const struct options *o, struct recall *r, struct learnt *learnt)
{
	struct policy_view v = {
	    .learnt = learnt,
	    .known = r->known,
	    .seen = r->store == NULL ? NULL : &r->seen,
	    .is_recalled = o->watch.no_lookups,
	    .now = o->now,
	};

	if (!learnt->was_served) {
		log_error("%s: no resolver answers (name one that does with --resolver%s)",
			  o->domain.text,
			  r->known == NULL ? "" : ", or see what is known with --no-lookups");
		return STATUS_FAILED;
	}
	if (!recall_seen(r, learnt))
		return STATUS_FAILED;
	policy_view_conclude(&v);
	if (o->format == FORMAT_JSON)
		policy_view_json(&v);
	else
		policy_view_page(&v);
	return STATUS_DONE;
}

/* NULL after a message. */
static struct learnt *
learn(const struct options *o, const struct recall *r)
{
	struct learnt *learnt;

	if (!o->watch.no_lookups)
		return asking_once(&o->watch, &(struct lookup_request){
						  .domain = o->domain,
						  .now = o->now,
						  .is_known = true,
					      });
	if (r->known == NULL) {
		log_error("%s: %s knows nothing of its policy (leave --no-lookups out to ask for "
			  "it)",
			  o->domain.text, o->db);
		return NULL;
	}
	learnt = policy_recall(r->known);
	if (learnt == NULL)
		log_error("policy: out of memory");
	return learnt;
}

int
command_policy(const struct options *o)
{
	struct recall recall = {0};
	struct learnt *learnt = NULL;
	int status = STATUS_FAILED;

	if (recall_open(o, &recall) && recall_known(o, &recall))
		learnt = learn(o, &recall);
	if (learnt != NULL)
		status = show(o, &recall, learnt);
	learnt_free(learnt);
	recall_close(&recall);
	return status;
}
