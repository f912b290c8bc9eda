/* Doctor's checks; see check.h. */
#include "monitor/doctor/check.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "monitor/alert/sink.h"
#include "monitor/counted.h"
#include "monitor/limit.h"

#define ROOM_LEAST   (INT64_C(64) << 20) /* bytes of disk below which any database is in danger */
#define ROOM_ENDLESS (INT64_C(1) << 30)  /* ... where it may grow without limit */

/* Shares of what came in the last day, as one in so many. */
#define LOSS_MOST      10000 /* packets lost: each hides what stood in it */
#define ONE_SIDED_MOST 20    /* scans have one side everywhere; a tap with one has it in all */

__attribute__((format(printf, 3, 4))) static void
say(struct diagnosis *out, enum diagnosis_state state, const char *format, ...)
{
	va_list list;

	out->state = state;
	va_start(list, format);
	vsnprintf(out->what, sizeof(out->what), format, list);
	va_end(list);
}

__attribute__((format(printf, 2, 3))) static void
advise(struct diagnosis *out, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vsnprintf(out->todo, sizeof(out->todo), format, list);
	va_end(list);
}

/* It would not have come this far with one that cannot be read as it should. */
static void
judge_configuration(const struct facts *f, struct diagnosis *out)
{
	if (f->files.is_config_open == FACT_YES) {
		say(out, DIAGNOSIS_WRONG,
		    "%s: everybody may write it, and so have programs run and alerts go elsewhere",
		    f->options->config);
		advise(out, "chmod o-w %s", f->options->config);
	} else if (f->has_config == FACT_YES)
		say(out, DIAGNOSIS_OK, "%s can be read", f->options->config);
	else
		say(out, DIAGNOSIS_OK, "%s is not there: the defaults are in force",
		    f->options->config);
}

static void
judge_interface(const struct facts *f, struct diagnosis *out)
{
	const struct port_facts *p = &f->port;

	if (p->name == NULL) {
		say(out, DIAGNOSIS_WRONG, "none is set: nothing is watched");
		advise(out, "set \"interface = NAME\" in %s, or give -i NAME", f->options->config);
	} else if (strcmp(p->name, "any") == 0) {
		say(out, DIAGNOSIS_OK, "any: all interfaces, none of them promiscuous");
	} else if (p->exists == FACT_NO) {
		say(out, DIAGNOSIS_WRONG, "%s: there is no such interface", p->name);
		advise(out, "name one that \"ip link\" lists");
	} else if (p->exists == FACT_UNSEEN) {
		say(out, DIAGNOSIS_UNKNOWN, "%s: the kernel does not say how it is", p->name);
	} else if (p->is_up == FACT_NO) {
		say(out, DIAGNOSIS_WRONG, "%s: is down", p->name);
		advise(out, "ip link set %s up", p->name);
	} else if (p->has_carrier == FACT_NO) {
		say(out, DIAGNOSIS_WRONG, "%s: is up, and has no link", p->name);
		advise(out, "see to its cable, or to the port that mirrors to it");
	} else {
		say(out, DIAGNOSIS_OK, "%s: is up%s", p->name,
		    p->is_promiscuous == FACT_YES ? ", and promiscuous"
						  : "; a watch makes it promiscuous");
	}
}

static void
judge_offloads(const struct facts *f, struct diagnosis *out)
{
	const struct port_facts *p = &f->port;
	const bool has_gro = p->has_gro == FACT_YES, has_lro = p->has_lro == FACT_YES;

	if (p->name == NULL || (p->has_gro == FACT_UNSEEN && p->has_lro == FACT_UNSEEN)) {
		say(out, DIAGNOSIS_UNKNOWN, "%s%swhether packets are merged is not told",
		    p->name == NULL ? "" : p->name, p->name == NULL ? "" : ": ");
	} else if (has_gro || has_lro) {
		say(out, DIAGNOSIS_NOTE,
		    "%s: merges packets before they are captured (%s%s%s): they are read all "
		    "the same, and an export has them merged",
		    p->name, has_gro ? "GRO" : "", has_gro && has_lro ? ", " : "",
		    has_lro ? "LRO" : "");
		advise(out, "where exports are to have what was on the wire: ethtool -K %s%s%s",
		       p->name, has_gro ? " gro off" : "", has_lro ? " lro off" : "");
	} else {
		say(out, DIAGNOSIS_OK, "%s: packets come as they are (no GRO, no LRO)", p->name);
	}
}

/* False, and told, where nothing came of late. */
static bool
has_seen(const struct facts *f, int64_t count, struct diagnosis *out)
{
	if (f->database.has_lately == FACT_YES && count > 0)
		return true;
	say(out, DIAGNOSIS_UNKNOWN, "nothing was recorded in the last day");
	advise(out, "watch for a while, then ask again");
	return false;
}

static void
judge_sides(const struct facts *f, struct diagnosis *out)
{
	const struct lately *l = &f->database.lately;

	if (!has_seen(f, l->sessions, out))
		return;
	say(out, DIAGNOSIS_OK,
	    "%" PRId64 " of %" PRId64 " sessions of the last day were seen from one side alone",
	    l->one_sided, l->sessions);
	if (l->one_sided <= l->sessions / ONE_SIDED_MOST)
		return;
	out->state = DIAGNOSIS_WRONG;
	advise(out, "have the tap or the mirror port deliver both directions: what one side alone "
		    "shows stays partial");
}

static void
judge_loss(const struct facts *f, struct diagnosis *out)
{
	const struct lately *l = &f->database.lately;

	if (!has_seen(f, l->packets + l->dropped, out))
		return;
	say(out, DIAGNOSIS_OK,
	    "%" PRId64 " packets of the last day were lost and %" PRId64 " read; %" PRId64
	    " sessions were not kept, %" PRId64 " connections lost in a crash",
	    l->dropped, l->packets, l->untold, l->crashed);
	if (l->dropped <= (l->packets + l->dropped) / LOSS_MOST && l->untold + l->crashed == 0)
		return;
	out->state = DIAGNOSIS_WRONG;
	if (l->untold + l->crashed > 0)
		advise(out, "see what the log says (journalctl -u waxseal); a disk that is slow "
			    "or a database that others lock keeps sessions out");
	else
		advise(out, "set a larger \"buffer\" or more \"readers\", and leave \"gate\" at "
			    "auto: what is lost counts as not seen");
}

static void
judge_clock(const struct facts *f, struct diagnosis *out)
{
	if (f->host.is_synchronised == FACT_UNSEEN) {
		say(out, DIAGNOSIS_UNKNOWN, "the kernel does not say whether it is synchronised");
	} else if (f->host.is_synchronised == FACT_YES) {
		say(out, DIAGNOSIS_OK, "synchronised");
	} else {
		say(out, DIAGNOSIS_WRONG,
		    "not synchronised: times do not fit those of other logs, "
		    "and certificates and policies are judged by them");
		advise(out, "run chrony or systemd-timesyncd");
	}
}

static void
judge_answer(enum answer answer, struct diagnosis *out)
{
	if (answer == ANSWER_SECURE || answer == ANSWER_ABSENT) {
		say(out, DIAGNOSIS_OK, "validates (%s is secure)", FACTS_SIGNED_DOMAIN);
	} else if (answer_is_known(answer)) {
		say(out, DIAGNOSIS_WRONG,
		    "does not validate DNSSEC (%s is signed, and came "
		    "without AD): DANE is not judged",
		    FACTS_SIGNED_DOMAIN);
		advise(out, "ask one that validates: unbound on this machine, or \"resolver\"");
	} else {
		say(out, DIAGNOSIS_WRONG, "fails for %s, which is signed", FACTS_SIGNED_DOMAIN);
		advise(out, "see its log; \"waxseal policy %s\" shows more", FACTS_SIGNED_DOMAIN);
	}
}

static void
judge_resolver(const struct facts *f, struct diagnosis *out)
{
	const struct resolver_facts *r = &f->resolver;

	if (!r->is_asked) {
		say(out, DIAGNOSIS_UNKNOWN, "not asked: look-ups are off");
	} else if (r->answers == FACT_UNSEEN) {
		say(out, DIAGNOSIS_UNKNOWN, "could not be asked");
	} else if (r->answers == FACT_NO) {
		say(out, DIAGNOSIS_WRONG, "none answers: no policies are known");
		advise(out, "set \"resolver\" to one that does, or \"lookups = no\"");
	} else if (r->is_believed != FACT_YES) {
		say(out, DIAGNOSIS_WRONG,
		    "answers, and is not on this machine: what it says of "
		    "DNSSEC is not believed, and DANE is not judged");
		advise(out, "run one that validates on this machine (unbound), or set "
			    "\"trust-resolver = yes\" where nobody can touch the way to it");
	} else {
		judge_answer(r->answer, out);
	}
}

static void
judge_authorities(const struct facts *f, struct diagnosis *out)
{
	if (f->host.has_authorities == FACT_YES) {
		say(out, DIAGNOSIS_OK, "there are some");
	} else {
		say(out, DIAGNOSIS_WRONG,
		    "none can be read: certificates are not judged by trust, "
		    "and no policies are looked up");
		advise(out, "install ca-certificates, or set \"ca-file\"");
	}
}

static void
judge_database(const struct facts *f, struct diagnosis *out)
{
	const struct database_facts *d = &f->database;
	const char *path = f->options->db;

	if (d->is_sound == FACT_NO) {
		say(out, DIAGNOSIS_WRONG, "%s", d->why);
	} else if (d->is_writable != FACT_YES) {
		say(out, DIAGNOSIS_WRONG, "%s: this user cannot write it", path);
		advise(out, "run as the user of the unit or as root, or choose another with --db");
	} else if (d->exists == FACT_NO) {
		say(out, DIAGNOSIS_OK, "%s: is not there yet; the first watch makes it", path);
	} else {
		say(out, DIAGNOSIS_OK, "%s: can be read and written", path);
	}
}

static void
judge_disk(const struct facts *f, struct diagnosis *out)
{
	const struct database_facts *d = &f->database;
	const int64_t limit = f->options->keep.bytes;
	int64_t growth = limit > d->size ? limit - d->size : 0;
	char size[LIMIT_TEXT_MAX], room[LIMIT_TEXT_MAX], most[LIMIT_TEXT_MAX];

	if (d->room < 0) {
		say(out, DIAGNOSIS_UNKNOWN, "the room on the disk of the database is not told");
		return;
	}
	if (limit == 0)
		growth = ROOM_ENDLESS;
	limit_size_text(d->size >> 20 << 20, size);
	limit_size_text(d->room >> 20 << 20, room);
	limit_size_text(limit, most);
	say(out, DIAGNOSIS_OK, "the database has %s of at most %s, and %s are free",
	    d->size >> 20 > 0 ? size : "less than 1M", most, d->room >> 20 > 0 ? room : "0M");
	if (d->room >= growth && d->room >= ROOM_LEAST)
		return;
	out->state = DIAGNOSIS_WRONG;
	advise(out, "make room, or set a smaller \"keep-size\": the disk is full before the "
		    "oldest is removed");
}

static void
judge_privileges(const struct facts *f, struct diagnosis *out)
{
	const struct host_facts *h = &f->host;

	if (h->is_running == FACT_YES) {
		say(out, DIAGNOSIS_OK, "the unit has its own");
	} else if (h->may_capture == FACT_UNSEEN) {
		say(out, DIAGNOSIS_UNKNOWN, "the kernel does not tell them");
	} else if (h->may_capture == FACT_NO) {
		say(out, DIAGNOSIS_WRONG, "this user may not capture (CAP_NET_RAW)");
		advise(out, "run as root, or by the unit (systemctl start waxseal)");
	} else if (h->may_load != FACT_YES) {
		say(out, DIAGNOSIS_WRONG,
		    "may capture, and not load the gate (CAP_BPF): every "
		    "packet is read in user space");
		advise(out, "run as root, or by the unit (systemctl start waxseal)");
	} else {
		say(out, DIAGNOSIS_OK, "may capture and load the gate");
	}
}

static void
judge_kernel(const struct facts *f, struct diagnosis *out)
{
	const struct host_facts *h = &f->host;
	const bool has_no_gate = h->has_gate == FACT_NO && h->may_load == FACT_YES;

	if (has_no_gate || h->has_landlock == FACT_NO || h->has_seccomp == FACT_NO ||
	    h->has_fanout == FACT_NO) {
		say(out, DIAGNOSIS_WRONG, "lacks%s%s%s%s%s%s", has_no_gate ? " eBPF (" : "",
		    has_no_gate ? h->gate_why : "", has_no_gate ? ")" : "",
		    h->has_landlock == FACT_NO ? " Landlock" : "",
		    h->has_seccomp == FACT_NO ? " seccomp" : "",
		    h->has_fanout == FACT_NO ? " fanout" : "");
		advise(out, "a kernel of Debian 12 or later has all of them; without one the rest "
			    "of the sandbox holds, and packets are read in user space");
	} else if (h->has_gate != FACT_YES || h->has_fanout == FACT_UNSEEN) {
		say(out, DIAGNOSIS_UNKNOWN,
		    "has Landlock and seccomp; whether it takes the gate and shares an interface "
		    "out is not told to this user");
		advise(out, "ask again as root");
	} else {
		say(out, DIAGNOSIS_OK, "has eBPF, Landlock, seccomp and fanout");
	}
}

static void
judge_unit(const struct facts *f, struct diagnosis *out)
{
	const struct host_facts *h = &f->host;

	if (h->has_systemd == FACT_NO) {
		say(out, DIAGNOSIS_OK, "no systemd here: a watch is started by other means");
	} else if (h->has_unit == FACT_NO) {
		say(out, DIAGNOSIS_OK, "not installed: a watch is started by other means");
	} else if (h->is_enabled == FACT_NO) {
		say(out, DIAGNOSIS_WRONG,
		    "waxseal.service is not enabled: nothing watches after the "
		    "next start of the machine");
		advise(out, "systemctl enable --now waxseal");
	} else if (h->is_running == FACT_NO) {
		say(out, DIAGNOSIS_WRONG, "waxseal.service does not run");
		advise(out, "systemctl start waxseal; journalctl -u waxseal says why it ended");
	} else {
		say(out, DIAGNOSIS_OK, "waxseal.service is enabled and runs");
	}
}

static void
judge_sinks(const struct facts *f, struct diagnosis *out)
{
	const struct sinks *sinks = f->options->sinks;

	if (f->files.exposed != NULL) {
		say(out, DIAGNOSIS_WRONG, "everybody may read %s, which holds a secret",
		    f->files.exposed);
		advise(out, "chmod o-r %s", f->files.exposed);
	} else if (f->database.has_lately == FACT_YES && f->database.lately.untaken > 0) {
		const int64_t untaken = f->database.lately.untaken;

		say(out, DIAGNOSIS_WRONG, "%s %s not taken by %s",
		    counted((uint64_t)untaken, "alert").text, untaken == 1 ? "was" : "were",
		    untaken == 1 ? "its sink" : "their sinks");
		advise(out, "waxseal alert list says why; waxseal alert retry tries again at once");
	} else if (sinks != NULL && sinks->count > 0) {
		say(out, DIAGNOSIS_OK, "%zu set, the first is %s (waxseal alert test tries them)",
		    sinks->count, sinks->at[0].name);
	} else {
		say(out, DIAGNOSIS_WRONG, "none is set: no alert is sent");
		advise(out, SINK_ADVICE, f->options->config);
	}
}

const struct check checks[] = {
    {"configuration", false, judge_configuration},
    {"interface", true, judge_interface},
    {"offloads", true, judge_offloads},
    {"sides", false, judge_sides},
    {"loss", false, judge_loss},
    {"clock", false, judge_clock},
    {"resolver", false, judge_resolver},
    {"authorities", false, judge_authorities},
    {"database", false, judge_database},
    {"disk", false, judge_disk},
    {"privileges", false, judge_privileges},
    {"kernel", false, judge_kernel},
    {"unit", false, judge_unit},
    {"sinks", false, judge_sinks},
};

const size_t check_count = sizeof(checks) / sizeof(checks[0]);

const char *
diagnosis_state_name(enum diagnosis_state state)
{
	static const char *const names[] = {"ok", "note", "unknown", "wrong"};

	return names[state];
}
