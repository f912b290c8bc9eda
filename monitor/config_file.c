/*
 * Reads the configuration file line by line, settings first and sections
 * behind them; what is wrong is told with file and line.
 */
#include "monitor/config_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dissector/text.h"
#include "monitor/section.h"

/* One line of the configuration file; its end is cut off already. */
static bool
config_line(struct taking *t, struct section *section, const char *line, size_t number,
	    const char *place)
{
	const struct bytes all = text_trim(bytes_text(line));
	const size_t equals = bytes_find(all, '=');
	const struct bytes name = text_trim(bytes_first(all, equals));
	const struct bytes value = text_trim(bytes_after(all, equals + 1));
	const struct flag *flag;
	char *kept;

	if (all.len == 0 || all.at[0] == '#')
		return true;
	if (all.at[0] == '[') {
		t->is_in_section = true;
		return section_begin(t, section, all, number);
	}
	if (equals == all.len || value.len == 0)
		return flag_refuse(t, "not a setting (name = value)");
	if (section->kind != NULL) {
		kept = flag_keep(t, (const char *)value.at, value.len);
		return kept != NULL && section_take(t, section, name, kept);
	}
	flag = flag_find((const char *)name.at, name.len, 0);
	if (flag == NULL || !flag->is_setting)
		return flag_refuse(t, "unknown setting (waxseal(8) lists them)");
	kept = flag_keep(t, (const char *)value.at, value.len);
	t->place = flag_keep(t, place, strlen(place));
	return kept != NULL && t->place != NULL && flag->take(t, kept);
}

/* What is wrong in that line of it, or below it. */
static enum parsed
config_refuse(struct taking *t, const char *place)
{
	char problem[OPTIONS_WHY_MAX];

	snprintf(problem, sizeof(problem), "%s", t->why);
	flag_refuse(t, "%s%s", place, problem);
	return PARSED_MISUSE;
}

/*
 * A line without its end: how many bytes it has, CONFIG_LINE_MAX where it is longer than it
 * may be; -1 behind the last one. room is terminated.
 */
static ssize_t
read_line(FILE *file, char room[CONFIG_LINE_MAX])
{
	size_t length = 0;
	int c = getc(file);

	if (c == EOF)
		return -1;
	for (; c != EOF && c != '\n'; c = getc(file)) {
		if (length == CONFIG_LINE_MAX - 1)
			return CONFIG_LINE_MAX;
		room[length++] = (char)c;
	}
	if (length > 0 && room[length - 1] == '\r')
		length--;
	room[length] = '\0';
	return (ssize_t)length;
}

static enum parsed
config_lines(struct taking *t, FILE *file, const char *path)
{
	struct section section = {0};
	enum parsed parsed = PARSED_RUN;
	char place[OPTIONS_WHY_MAX] = "";
	char line[CONFIG_LINE_MAX];
	size_t number = 0;
	ssize_t length;

	while (parsed == PARSED_RUN && (length = read_line(file, line)) != -1) {
		snprintf(place, sizeof(place), "%s:%zu: ", path, ++number);
		if (length == CONFIG_LINE_MAX) {
			flag_refuse(t,
				    "%stoo long, or not a text file (a line has at most %d bytes)",
				    place, CONFIG_LINE_MAX);
			parsed = PARSED_MISUSE;
		} else if ((size_t)length != strlen(line)) {
			flag_refuse(t, "%s: not a text file (line %zu holds NUL)", path, number);
			parsed = PARSED_MISUSE;
		} else if (!config_line(t, &section, line, number, place)) {
			parsed = config_refuse(t, place);
		}
	}
	if (parsed == PARSED_RUN && !section_end(t, &section))
		parsed = config_refuse(t, place);
	t->is_in_section = false;
	return parsed;
}

/* Opening does not wait, as a pipe would for who writes to it; reading does. */
static FILE *
config_open(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");

	if (file == NULL && fd >= 0)
		close(fd);
	if (file != NULL)
		fcntl(fd, F_SETFL, 0);
	return file;
}

/* Whether it is a pipe that is at its end before it began: no configuration, and no empty one. */
static bool
is_dry(FILE *file)
{
	struct stat status;
	int first;

	if (fstat(fileno(file), &status) != 0 || !S_ISFIFO(status.st_mode))
		return false;
	first = getc(file);
	return first == EOF || ungetc(first, file) == EOF;
}

enum parsed
config_file_read(struct taking *t)
{
	const char *path = t->config == NULL ? CONFIG_DEFAULT : t->config;
	enum parsed parsed;
	FILE *file = config_open(path);

	t->out->config = path;
	if (file == NULL && errno == ENOENT && t->config == NULL)
		return PARSED_RUN;
	if (file == NULL) {
		flag_refuse(t, "%s: cannot read the configuration: %s (give another with --config)",
			    path, strerror(errno));
		return PARSED_FAILED;
	}
	t->source = SOURCE_CONFIG;
	if (is_dry(file)) {
		flag_refuse(t,
			    "%s: cannot read the configuration: a pipe that nobody writes to (give "
			    "another with --config)",
			    path);
		fclose(file);
		return PARSED_FAILED;
	}
	parsed = config_lines(t, file, path);
	if (parsed == PARSED_RUN && ferror(file) != 0) {
		flag_refuse(t, "%s: cannot read the configuration: %s (give another with --config)",
			    path, strerror(errno));
		parsed = PARSED_FAILED;
	}
	fclose(file);
	return parsed;
}
