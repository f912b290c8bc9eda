/*
 * A month of ordinary mail of a million sessions, at each loss of the tap, and
 * every attack planted in it at every depth.
 *
 *	month FOLDER SESSIONS PLANTED
 *
 * Prints two tables: what ordinary life was warned of, and what explains it; and
 * of each attack what was found, after how many sessions and how long, how sure
 * and where. Fails where something was warned of that nothing explains.
 */
#include "tests/month_plant.h"

#define SERVERS          400u
#define NETWORKS         300u
#define PLANTED_SERVERS  100u
#define PLANTED_NETWORKS 100u

static void
remove_database(const char *path)
{
	char name[160];

	unlink(path);
	snprintf(name, sizeof(name), "%s-wal", path);
	unlink(name);
	snprintf(name, sizeof(name), "%s-shm", path);
	unlink(name);
}

static void
print_query(const char *path, const char *query)
{
	char *text = dump(path, query);

	fputs(text, stdout);
	free(text);
}

/* How many incidents of warning and worse nothing explains. */
static unsigned
ordinary(const char *path, int64_t sessions, unsigned loss)
{
	struct month *m = month_open(path, sessions, SERVERS, NETWORKS, loss);
	char *text;
	unsigned unexplained;

	for (int64_t n = 0; n < sessions; n++) {
		unsigned client, server;

		month_draw(m, &client, &server);
		month_meet(m, client, server);
		month_pass(m);
	}
	month_close(m);
	printf("\nloss of %u %%: sessions, whole, encrypted, in clear, servers, clients\n", loss);
	print_query(path, "SELECT count(*), sum(complete), sum(outcome = 'encrypted'),"
			  " sum(outcome = 'plaintext'), count(DISTINCT server),"
			  " count(DISTINCT client) FROM v_sessions");
	printf("warned of: cause, kind, sessions, incidents, servers\n");
	print_query(path, "SELECT CASE WHEN " EXPLAINED " THEN s.encap ELSE 'UNEXPLAINED ' ||"
			  " coalesce(s.encap, '') END, f.kind, count(DISTINCT f.session),"
			  " count(DISTINCT f.incident), count(DISTINCT f.server)" ALARMS_OF_ORDINARY
			  " GROUP BY 1, 2 ORDER BY 1, 2");
	text = dump(path, "SELECT count(DISTINCT f.incident)" ALARMS_OF_ORDINARY
			  " AND NOT coalesce(" EXPLAINED ", 0)");
	unexplained = (unsigned)strtoul(text, NULL, 10);
	free(text);
	printf("unexplained incidents: %u\n", unexplained);
	fflush(stdout);
	remove_database(path);
	return unexplained;
}

static void
print_planted(const struct planting *p, enum depth depth)
{
	const struct planted *d = &p->planted[depth];

	if (d->planted == 0)
		return;
	printf("%-18s | %-18s | %7u | %7u | %7u | ", attack_names[p->attack], depth_names[depth],
	       d->planted, d->told, d->found);
	if (d->first == 0)
		printf("%s\n", d->found > 0 ? "with hindsight alone" : "never");
	else
		printf("%5u | %8.1f h | %-18s | %-8s | %s\n", d->first,
		       (double)d->taken / (double)HOUR, d->kind, d->certainty, d->where);
}

static void
print_collateral(const char *path)
{
	char *text = dump(path, "SELECT group_concat(said, '; ') FROM (SELECT f.kind || ' ' ||"
				" count(*) AS said" ALARMS_OF_ORDINARY
				" AND NOT coalesce(" EXPLAINED ", 0) GROUP BY f.kind)");

	if (text[0] != '\0' && text[0] != '\n')
		printf("  beside it, sessions nobody attacked: %s", text);
	free(text);
}

int
main(int argc, char **argv)
{
	char path[128];
	unsigned unexplained = 0;

	if (argc != 4)
		return 2;
	snprintf(path, sizeof(path), "%s/month.db", argv[1]);
	for (unsigned i = 0; i < 3; i++)
		unexplained +=
		    ordinary(path, strtoll(argv[2], NULL, 10), (const unsigned[]){0, 1, 5}[i]);
	printf("\nattack, depth, planted, told, found (at warning or worse, in the end), first "
	       "found of them, after, kind, certainty, where\n");
	for (unsigned i = 0; i < 2 * ATTACKS; i++) {
		struct planting p = {.attack = (enum attack)(i / 2), .is_percent = i % 2 == 1};

		plant(&p, path, strtoll(argv[3], NULL, 10), PLANTED_SERVERS, PLANTED_NETWORKS);
		for (unsigned depth = 0; depth < DEPTHS; depth++)
			print_planted(&p, (enum depth)depth);
		print_collateral(path);
		fflush(stdout);
		remove_database(path);
	}
	return unexplained > 0;
}
