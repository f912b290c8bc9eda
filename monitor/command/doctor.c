/* waxseal doctor: is everything as a watch needs it, and if not, what to do. */
#include <stdio.h>
#include <unistd.h>

#include "monitor/command/command.h"
#include "monitor/doctor/check.h"
#include "monitor/json.h"
#include "monitor/log.h"

/* A check's name, and of which interface; JSON Lines. */
static void
put_json(const struct check *c, const struct facts *f, const struct diagnosis *v)
{
	printf("{\"check\":\"%s\",\"interface\":", c->name);
	if (c->is_of_port && f->port.name != NULL)
		json_put_text(stdout, f->port.name);
	else
		fputs("null", stdout);
	printf(",\"state\":\"%s\",\"what\":", diagnosis_state_name(v->state));
	json_put_text(stdout, v->what);
	fputs(",\"do\":", stdout);
	if (v->todo[0] != '\0')
		json_put_text(stdout, v->todo);
	else
		fputs("null", stdout);
	puts("}");
}

static void
put_line(const struct check *c, const struct diagnosis *v)
{
	if (log_verbosity() < 0 && v->state != DIAGNOSIS_WRONG)
		return;
	printf("%-8s %-14s %s\n", diagnosis_state_name(v->state), c->name, v->what);
	if (v->todo[0] != '\0')
		printf("%-8s %-14s to do: %s\n", "", "", v->todo);
}

/* Whether it is not wrong. */
static bool
run(const struct check *c, const struct facts *f)
{
	struct diagnosis v = {0};

	c->judge(f, &v);
	if (f->options->format == FORMAT_JSON)
		put_json(c, f, &v);
	else
		put_line(c, &v);
	return v.state != DIAGNOSIS_WRONG;
}

/* Once for each interface, or once without one where there is none. */
static bool
run_of_ports(const struct check *c, struct facts *f)
{
	const struct words *names = &f->options->watch.interfaces;
	bool is_well = true;

	for (size_t i = 0; i < names->count; i++) {
		facts_port(names->at[i], &f->port);
		is_well &= run(c, f);
	}
	f->port = (struct port_facts){0};
	return names->count > 0 ? is_well : run(c, f);
}

int
command_doctor(const struct options *o)
{
	struct facts f = {
	    .options = o,
	    .has_config = access(o->config, R_OK) == 0 ? FACT_YES : FACT_NO,
	};
	bool is_well = true;

	facts_database(o, &f.database);
	facts_files(o, &f.files);
	facts_host(o, &f.host);
	facts_resolver(o, &f.resolver);
	for (size_t i = 0; i < check_count; i++)
		is_well &=
		    checks[i].is_of_port ? run_of_ports(&checks[i], &f) : run(&checks[i], &f);
	return is_well ? STATUS_DONE : STATUS_FAILED;
}
