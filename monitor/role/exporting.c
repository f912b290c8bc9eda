/* The keeper's end of the exporter, and the file of metrics; see exporting.h. */
#include "monitor/role/exporting.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "monitor/clock.h"
#include "monitor/log.h"

/* ---- The process ---- */

static bool
configure(void *ctx, struct channel *c)
{
	const struct exporting *e = ctx;
	struct exporter_config config = {0};

	snprintf(config.address, sizeof(config.address), "%s", e->config->metrics);
	if (e->config->user != NULL)
		snprintf(config.user, sizeof(config.user), "%s", e->config->user);
	message_put_exporter(channel_out(c), &config);
	return channel_flush(c);
}

/* It has said all that it may say. */
static bool
take(void *ctx, enum message type, struct bytes body)
{
	(void)ctx;
	(void)type;
	(void)body;
	return false;
}

static void
on_lost(void *ctx)
{
	struct exporting *e = ctx;

	e->has_given = false;
	e->due = 0;
	if (e->ward.has_failed)
		log_error("--metrics %s: nothing is served (put right what the exporter says, then "
			  "send SIGHUP or start again)",
			  e->config->metrics);
}

static void
on_speaks(void *ctx)
{
	const struct exporting *e = ctx;

	status_bar_clear(e->bar);
}

void
exporting_begin(struct exporting *e, const struct keeper_config *config, struct status_bar *bar)
{
	const struct ward_config ward = {
	    .starter = config->starter,
	    .role = "exporter",
	    .task = "serves metrics",
	    .loss = "nobody is told metrics until then",
	    .held = METRICS_TEXT_MAX,
	    .configure = configure,
	    .take = take,
	    .lost = on_lost,
	    .speaks = on_speaks,
	    .ctx = e,
	};

	*e = (struct exporting){.config = config, .bar = bar};
	if (config->metrics != NULL)
		ward_begin(&e->ward, &ward);
}

void
exporting_run(struct exporting *e)
{
	if (e->config->metrics != NULL)
		ward_run(&e->ward);
}

struct pollfd
exporting_poll(const struct exporting *e)
{
	const bool wants_out = ward_wants_out(&e->ward);

	return (struct pollfd){.fd = ward_descriptor(&e->ward),
			       .events = (short)(wants_out ? POLLIN | POLLOUT : POLLIN)};
}

/* ---- The file ---- */

static bool
write_all(int descriptor, struct bytes text)
{
	while (text.len > 0) {
		ssize_t n = write(descriptor, text.at, text.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		text = bytes_after(text, (size_t)n);
	}
	return true;
}

/* Whole, in another file of this folder, which then takes its name. Others are to read it. */
static bool
write_file(const char *path, struct bytes text)
{
	char draft[PATH_MAX];
	int descriptor;
	bool is_good;

	if (snprintf(draft, sizeof(draft), "%s.new", path) >= PATH_MAX) {
		errno = ENAMETOOLONG;
		return false;
	}
	unlink(draft); /* of one that was ended meanwhile */
	descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (descriptor < 0)
		return false;
	is_good = fchmod(descriptor, 0644) == 0 && write_all(descriptor, text);
	is_good = close(descriptor) == 0 && is_good && rename(draft, path) == 0;
	if (!is_good) {
		const int error = errno;

		unlink(draft);
		errno = error;
	}
	return is_good;
}

static void
give_file(struct exporting *e, struct bytes text)
{
	const char *path = e->config->metrics_file;
	const bool is_good = write_file(path, text);

	e->file_due = clock_steady() + EXPORTING_FILE_EACH_MS;
	if (is_good == !e->is_file_told)
		return;
	e->is_file_told = !is_good;
	status_bar_clear(e->bar);
	if (is_good)
		log_note("--metrics-file %s: written again", path);
	else
		log_error("--metrics-file %s: cannot be written: %s (what stands there is old; it "
			  "is tried again)",
			  path, strerror(errno));
}

/* ---- Both ---- */

static bool
is_file_due(const struct exporting *e)
{
	return e->config->metrics_file != NULL && clock_steady() >= e->file_due;
}

static bool
is_exporter_due(const struct exporting *e)
{
	return ward_is_up(&e->ward) && !ward_wants_out(&e->ward) && clock_steady() >= e->due;
}

bool
exporting_is_due(const struct exporting *e)
{
	return is_file_due(e) || is_exporter_due(e);
}

void
exporting_give(struct exporting *e, struct bytes text)
{
	if (is_file_due(e))
		give_file(e, text);
	if (!is_exporter_due(e))
		return;
	/* It has taken the one before. */
	if (e->has_given)
		ward_did(&e->ward);
	e->has_given = true;
	e->due = clock_steady() + EXPORTING_EACH_MS;
	message_put_metrics(channel_out(e->ward.channel), text);
	channel_offer(e->ward.channel);
}

void
exporting_end(struct exporting *e, bool is_for_good)
{
	if (e->config == NULL)
		return;
	ward_end(&e->ward);
	if (is_for_good && e->config->metrics_file != NULL)
		unlink(e->config->metrics_file);
}
