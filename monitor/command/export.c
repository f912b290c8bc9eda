/*
 * waxseal export: an incident's packets as a pcapng file.
 *
 * The packets of all its sessions of which some are kept, in order of time,
 * each with a comment: whose session, which side, and the SMTP lines that
 * arrived with it.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "monitor/command/command.h"
#include "monitor/command/kept.h"
#include "monitor/command/list.h"
#include "monitor/counted.h"
#include "monitor/help.h"
#include "monitor/log.h"
#include "monitor/pcapng.h"

/* The comment of one packet: what it is of, and the lines that it completed. */
static char *
comment_of(const struct kept *k, int64_t incident, const struct kept_packet *p)
{
	const struct kept_session *session = &k->sessions[p->session];
	const size_t end = session->first_line + session->line_count;
	char *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);

	if (out == NULL)
		return NULL;
	fprintf(out, "waxseal: incident %" PRId64 ", session %" PRId64 ", from the %s", incident,
		session->id, p->from_server ? "server" : "client");
	for (size_t i = kept_find_line(k, p->session, p->time); i < end; i++) {
		const struct kept_line *line = &k->lines[i];

		if (line->time != p->time || ftell(out) >= PCAPNG_COMMENT_MAX)
			break;
		if (line->from_server == p->from_server)
			fprintf(out, "\n%s: %s", p->from_server ? "S" : "C", line->text);
	}
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

/* What the file as a whole is: the incident's sentence. */
static bool
tell_summary(void *ctx, const struct row *row)
{
	const char *kind = row_value(row, "kind"), *summary = row_value(row, "summary");

	snprintf(ctx, PCAPNG_COMMENT_MAX, "waxseal: incident %s, %s: %s\n%s", row_value(row, "id"),
		 kind == NULL ? "" : kind, summary == NULL ? "" : summary,
		 "Only what must be seen is kept: local parts, secrets and message text are "
		 "blanked, so TCP checksums do not match.");
	return true;
}

/* Whether path is the database, or a file that belongs to it. */
static bool
is_of_database(const char *path, const char *db)
{
	static const char *const endings[] = {"", "-wal", "-shm", "-journal"};
	struct stat file, other;

	if (stat(path, &file) != 0)
		return false;
	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		char name[4096];

		snprintf(name, sizeof(name), "%s%s", db, endings[i]);
		if (stat(name, &other) == 0 && file.st_dev == other.st_dev &&
		    file.st_ino == other.st_ino)
			return true;
	}
	return false;
}

/* Where the capture goes. */
struct output {
	FILE *file;
	const char *path;
	char temporary[4096]; /* what is written, until it is whole; empty: path itself */
};

/* A pipe or a device is written to as it is; a file must not be seen half-written. */
static bool
is_written_in_place(const char *path)
{
	struct stat file;

	return strncmp(path, "/dev/", 5) == 0 || (stat(path, &file) == 0 && !S_ISREG(file.st_mode));
}

/*
 * Evidence is for its owner alone, as the database is: mkostemp makes a file of
 * mode 0600. It takes the place of whatever has the name, so that neither the
 * mode of an older file counts nor where a link leads.
 */
static int
open_beside(struct output *out)
{
	int len = snprintf(out->temporary, sizeof(out->temporary), "%s.XXXXXX", out->path);
	int fd = -1;

	if ((size_t)len < sizeof(out->temporary))
		fd = mkostemp(out->temporary, O_CLOEXEC);
	else
		errno = ENAMETOOLONG;
	if (fd < 0)
		out->temporary[0] = '\0';
	return fd;
}

static bool
output_open(const struct options *o, struct output *out)
{
	int fd;

	*out = (struct output){.file = stdout, .path = o->output};
	if (strcmp(o->output, "-") == 0)
		return true;
	if (is_of_database(o->output, o->db)) {
		log_error("%s: is the database (give another file with -w)", o->output);
		return false;
	}
	fd = is_written_in_place(o->output) ? open(o->output, O_WRONLY | O_CLOEXEC)
					    : open_beside(out);
	out->file = fd < 0 ? NULL : fdopen(fd, "wb");
	if (out->file != NULL)
		return true;
	log_error("%s: cannot write: %s (give another file with -w)", o->output, strerror(errno));
	if (fd >= 0)
		close(fd);
	if (out->temporary[0] != '\0')
		unlink(out->temporary);
	return false;
}

/* All packets to out. How many did not fit the format. */
static size_t
write_packets(FILE *out, const struct kept *k, int64_t incident, const char *summary)
{
	struct pcapng p;
	size_t refused = 0;

	pcapng_begin(&p, out, "waxseal " WAXSEAL_VERSION_TEXT, summary);
	for (size_t i = 0; i < k->packet_count && ferror(out) == 0; i++) {
		const struct kept_packet *kept = &k->packets[i];
		char *comment = comment_of(k, incident, kept);
		const struct pcapng_packet packet = {.time = kept->time,
						     .linktype = kept->linktype,
						     .wire_len = kept->wire_len,
						     .bytes = {kept->bytes, kept->len},
						     .comment = comment};

		refused += !pcapng_packet(&p, &packet);
		free(comment);
	}
	return refused;
}

/* Put a whole file in its place; false after a message, and what was there is there still. */
static bool
output_close(struct output *out)
{
	bool has_failed = ferror(out->file) != 0;

	if (out->file == stdout)
		return true; /* main tells what became of it */
	has_failed |= fclose(out->file) != 0;
	if (!has_failed && out->temporary[0] != '\0')
		has_failed = rename(out->temporary, out->path) != 0;
	if (!has_failed)
		return true;
	log_error("%s: cannot write: %s (give it room, or another place with -w)", out->path,
		  strerror(errno));
	if (out->temporary[0] != '\0')
		unlink(out->temporary);
	return false;
}

static size_t
cut_sessions(const struct kept *k)
{
	size_t count = 0;

	for (size_t i = 0; i < k->session_count; i++)
		count += k->sessions[i].id != 0 && !k->sessions[i].is_whole;
	return count;
}

static int
write_export(const struct options *o, const struct kept *k, const char *summary)
{
	static struct output out; /* large */
	size_t refused;

	if (k->packet_count == 0) {
		log_error("incident %" PRId64 ": no packets of it are kept%s (waxseal show %" PRId64
			  " has what is)",
			  o->id,
			  k->session_count > kept_with_bytes(k)
			      ? " any more: they were older than keep-evidence allows"
			      : "",
			  o->id);
		return STATUS_FAILED;
	}
	if (!output_open(o, &out))
		return STATUS_FAILED;
	refused = write_packets(out.file, k, o->id, summary);
	if (!output_close(&out))
		return STATUS_FAILED;
	if (refused > 0)
		log_error("incident %" PRId64 ": %s left out, for not fitting the format", o->id,
			  counted(refused, "packet").text);
	if (cut_sessions(k) > 0)
		log_note("incident %" PRId64 ": not all packets were kept in %zu of %s", o->id,
			 cut_sessions(k), counted(kept_with_bytes(k), "session").text);
	log_note("%s: %s of %s", out.file == stdout ? "standard output" : o->output,
		 counted(k->packet_count - refused, "packet").text,
		 counted(kept_with_bytes(k), "session").text);
	return STATUS_DONE;
}

static int
export_from(struct store *s, const struct options *o)
{
	struct filter this = FILTER_ALL;
	char summary[PCAPNG_COMMENT_MAX] = "", why[STORE_WHY_MAX];
	struct kept *k;
	int status;

	this.id = o->id;
	if (!query_incidents(s, &this, tell_summary, summary)) {
		log_error("%s", store_error(s));
		return STATUS_FAILED;
	}
	if (summary[0] == '\0') {
		log_error("incident %" PRId64 ": there is none (waxseal incidents lists them)",
			  o->id);
		return STATUS_FAILED;
	}
	k = kept_read(s, o->id, why);
	if (k == NULL) {
		log_error("%s", why);
		return STATUS_FAILED;
	}
	status = write_export(o, k, summary);
	kept_free(k);
	return status;
}

int
command_export(const struct options *o)
{
	struct store *s;
	int status;

	if (strcmp(o->output, "-") == 0 && isatty(STDOUT_FILENO) != 0) {
		log_error("standard output is a terminal (redirect it, or give a file with -w)");
		return STATUS_MISUSE;
	}
	s = list_store(o);
	if (s == NULL)
		return STATUS_FAILED;
	status = export_from(s, o);
	store_close(s);
	return status;
}
