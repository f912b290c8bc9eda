/*
 * What is known of the machine, the tap and the database, for doctor's checks
 * to judge. Three-valued: what could not be found out is UNSEEN, never NO.
 *
 * Finding out changes nothing and needs no privilege; without one more stays
 * unseen. Owns nothing: names are those of the options.
 */
#ifndef MONITOR_DOCTOR_FACTS_H
#define MONITOR_DOCTOR_FACTS_H

#include "db/lately.h"
#include "dissector/session.h"
#include "monitor/options.h"
#include "monitor/policy/answer.h"

#define FACTS_WHY_MAX 512

/* One interface. */
struct port_facts {
	const char *name;
	enum fact exists, is_up, has_carrier;
	enum fact is_promiscuous;   /* now: a watch makes it so for as long as it runs */
	enum fact has_gro, has_lro; /* it merges packets before they are captured */
};

struct database_facts {
	enum fact exists;   /* NO is no fault: it is made */
	enum fact is_sound; /* it can be opened */
	char why[FACTS_WHY_MAX];
	enum fact is_writable; /* the folder, and the file where there is one */
	int64_t size;          /* bytes of the file and what stands beside it */
	int64_t room;          /* bytes left on its disk for this user; -1: unseen */
	struct lately lately;  /* of the last day */
	enum fact has_lately;
};

struct host_facts {
	enum fact is_synchronised;
	enum fact has_authorities; /* a bundle can be opened */
	enum fact may_capture;     /* CAP_NET_RAW */
	enum fact may_load;        /* CAP_BPF, or CAP_SYS_ADMIN */
	enum fact has_gate;        /* this kernel takes it from this user */
	char gate_why[FACTS_WHY_MAX];
	enum fact has_landlock, has_seccomp, has_fanout;
	enum fact has_systemd, has_unit, is_enabled, is_running;
};

/* What resolvers said of a domain that is signed. */
struct resolver_facts {
	bool is_asked;
	enum fact answers;
	enum fact is_believed; /* its word on DNSSEC counts: on this machine, or trusted */
	enum answer answer;
};

struct file_facts {
	enum fact is_config_open; /* everybody may write it */
	const char *exposed;      /* a secret's file that everybody may read; NULL: none is known */
};

struct facts {
	const struct options *options;
	enum fact has_config; /* the file is there */
	struct file_facts files;
	struct port_facts port; /* of the one interface that a check is of; else empty */
	struct database_facts database;
	struct host_facts host;
	struct resolver_facts resolver;
};

/* A domain whose MX is signed, and has been for years. */
#define FACTS_SIGNED_DOMAIN "ietf.org"

/* Each fills what it is named for. */
void facts_port(const char *name, struct port_facts *out);
void facts_database(const struct options *o, struct database_facts *out);
void facts_files(const struct options *o, struct file_facts *out);
void facts_host(const struct options *o, struct host_facts *out);
void facts_resolver(const struct options *o, struct resolver_facts *out);

#endif
