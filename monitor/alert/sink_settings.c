/* [sink NAME] of the configuration file; see sink_settings.h. */
#include "monitor/alert/sink_settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dissector/text.h"
#include "monitor/alert/sink_url.h"
#include "monitor/flag_take.h"

#define SPAN_MAX       86400 /* seconds of a rate */
#define LOG_OF_MACHINE "/dev/log"

static const char *
type_word(size_t i)
{
	static const char *const words[] = {"syslog", "file", "webhook", "exec", "mail", NULL};

	return words[i];
}

const char *
sink_type_name(enum sink_type type)
{
	return type == SINK_NONE ? "none" : type_word(type - 1);
}

static bool
take_type(struct taking *t, void *subject, const char *value)
{
	struct sink *s = subject;
	size_t chosen;

	if (!flag_choose(t, "type", value, type_word, &chosen))
		return false;
	s->type = (enum sink_type)(chosen + 1);
	return true;
}

static bool
take_sink_severity(struct taking *t, void *subject, const char *value)
{
	return scope_severity(t, &((struct sink *)subject)->scope, value);
}

static bool
take_sink_kind(struct taking *t, void *subject, const char *value)
{
	return scope_kind(t, &((struct sink *)subject)->scope, value);
}

static bool
take_sink_client(struct taking *t, void *subject, const char *value)
{
	return scope_client(t, &((struct sink *)subject)->scope, value);
}

static bool
take_sink_server(struct taking *t, void *subject, const char *value)
{
	return scope_server(t, &((struct sink *)subject)->scope, value);
}

static bool
take_sink_domain(struct taking *t, void *subject, const char *value)
{
	return scope_domain(t, &((struct sink *)subject)->scope, value);
}

/* "1h" in microseconds; 0 where it is no span, or none of those that a rate may have. */
static int64_t
span_of(struct bytes text)
{
	static const struct {
		uint8_t letter;
		uint64_t seconds;
	} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
	uint64_t number;

	if (text.len == 0 || !text_number(bytes_first(text, text.len - 1), &number))
		return 0;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (text_lower(text.at[text.len - 1]) == units[i].letter &&
		    number <= SPAN_MAX / units[i].seconds)
			return (int64_t)(number * units[i].seconds) * 1000000;
	return 0;
}

static bool
take_rate(struct taking *t, void *subject, const char *value)
{
	struct sink *s = subject;
	const struct bytes all = bytes_text(value);
	const size_t slash = bytes_find(all, '/');
	uint64_t number;

	if (strcmp(value, "none") == 0) {
		s->rate = 0;
		return true;
	}
	s->rate_span = span_of(text_trim(bytes_after(all, slash + 1)));
	if (!text_number(text_trim(bytes_first(all, slash)), &number) || number == 0 ||
	    number > SINK_RATE_MAX || s->rate_span == 0)
		return flag_refuse(t,
				   "rate %s: not alerts in a time (30/1h, of at most %d and a day; "
				   "or none: no limit)",
				   value, SINK_RATE_MAX);
	s->rate = (uint32_t)number;
	return true;
}

/* "22:00" as minutes of the day; -1 where it is no time. */
static int
minute_of(struct bytes text)
{
	const size_t colon = bytes_find(text, ':');
	const struct bytes minutes = bytes_after(text, colon + 1);
	uint64_t hour, minute;

	if (!text_number(bytes_first(text, colon), &hour) || minutes.len != 2 ||
	    !text_number(minutes, &minute) || hour > 24 || minute > 59 ||
	    (hour == 24 && minute > 0))
		return -1;
	return (int)(hour * 60 + minute) % 1440;
}

static bool
take_quiet(struct taking *t, void *subject, const char *value)
{
	struct sink *s = subject;
	const struct bytes all = bytes_text(value);
	const size_t dash = bytes_find(all, '-');

	s->quiet_from = minute_of(text_trim(bytes_first(all, dash)));
	s->quiet_until = minute_of(text_trim(bytes_after(all, dash + 1)));
	if (s->quiet_from >= 0 && s->quiet_until >= 0 && s->quiet_from != s->quiet_until)
		return true;
	return flag_refuse(t, "quiet %s: not two times of the day in UTC (22:00-06:00)", value);
}

static bool
take_to(struct taking *t, void *subject, const char *value)
{
	return flag_append(t, &((struct sink *)subject)->recipients, value);
}

static const char *
facility_word(size_t i)
{
	/* RFC 5424 section 6.2.1, by the names of syslog(3). */
	static const char *const words[] = {"kern",     "user",   "mail",   "daemon", "auth",
					    "syslog",   "lpr",    "news",   "uucp",   "cron",
					    "authpriv", "ftp",    "ntp",    "audit",  "alert",
					    "clock",    "local0", "local1", "local2", "local3",
					    "local4",   "local5", "local6", "local7", NULL};

	return words[i];
}

static bool
take_facility(struct taking *t, void *subject, const char *value)
{
	size_t chosen;

	if (!flag_choose(t, "facility", value, facility_word, &chosen))
		return false;
	((struct sink *)subject)->facility = (int)chosen;
	return true;
}

static bool
absolute(struct taking *t, const char *setting, const char *value, const char **out)
{
	*out = value;
	return value[0] == '/' ||
	       flag_refuse(t, "%s %s: give an absolute path (/...)", setting, value);
}

static bool
take_path(struct taking *t, void *subject, const char *value)
{
	return absolute(t, "path", value, &((struct sink *)subject)->path);
}

/* Who takes it for what the file should hold must not find that in a log. */
static bool
secret_path(struct taking *t, const char *setting, const char *value, const char **out)
{
	*out = value;
	return value[0] == '/' ||
	       flag_refuse(t, "%s: give an absolute path (/...), of a file that holds it", setting);
}

static bool
take_token_file(struct taking *t, void *subject, const char *value)
{
	return secret_path(t, "token-file", value, &((struct sink *)subject)->token_file);
}

static bool
take_url_file(struct taking *t, void *subject, const char *value)
{
	return secret_path(t, "url-file", value, &((struct sink *)subject)->url_file);
}

static bool
take_sink_ca_file(struct taking *t, void *subject, const char *value)
{
	return absolute(t, "ca-file", value, &((struct sink *)subject)->ca_file);
}

static bool
take_sendmail(struct taking *t, void *subject, const char *value)
{
	return absolute(t, "sendmail", value, &((struct sink *)subject)->sendmail);
}

static const char *
format_word(size_t i)
{
	static const char *const words[] = {"json", "ecs",     "eve",     "alertmanager",
					    "chat", "rfc5424", "syslog3", NULL};

	return words[i];
}

static bool
take_sink_format(struct taking *t, void *subject, const char *value)
{
	size_t chosen;

	if (!flag_choose(t, "format", value, format_word, &chosen))
		return false;
	((struct sink *)subject)->format = (enum sink_format)chosen;
	return true;
}

static bool
take_url(struct taking *t, void *subject, const char *value)
{
	const char *fault = sink_url_fault(value);

	((struct sink *)subject)->url = value;
	return fault == NULL || flag_refuse(t, "url: %s", fault);
}

/* "Name: value", of an HTTP header; RFC 9110 section 5.6.2 has what a name may hold. */
static bool
is_header(struct bytes all)
{
	const size_t colon = bytes_find(all, ':');

	for (size_t i = 0; i < colon; i++)
		if (!text_is_alpha(all.at[i]) && !text_is_digit(all.at[i]) &&
		    strchr("!#$%&'*+-.^_`|~", all.at[i]) == NULL)
			return false;
	for (size_t i = colon; i < all.len; i++)
		if (all.at[i] < ' ' || all.at[i] == 0x7f)
			return false;
	return colon > 0 && colon < all.len && text_trim(bytes_after(all, colon + 1)).len > 0;
}

/* Whether it is of those whose value is a secret; RFC 9110 sections 11.6.2 and 11.7.2, RFC 6265. */
static bool
is_secret_header(struct bytes all)
{
	static const struct bytes names[] = {
	    BYTES_INIT("Authorization"), BYTES_INIT("Proxy-Authorization"), BYTES_INIT("Cookie")};
	const struct bytes name = bytes_first(all, bytes_find(all, ':'));

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (text_equal(name, names[i]))
			return true;
	return false;
}

/* What it holds is not repeated: it may be a secret that should not stand there. */
static bool
take_header(struct taking *t, void *subject, const char *value)
{
	if (!is_header(bytes_text(value)))
		return flag_refuse(t, "header: not a header (X-Name: value)");
	if (is_secret_header(bytes_text(value)))
		return flag_refuse(t, "header: its value is a secret, which others could see (put "
				      "it into a file: token-file, or header-file)");
	return flag_append(t, &((struct sink *)subject)->headers, value);
}

static bool
take_header_file(struct taking *t, void *subject, const char *value)
{
	const struct bytes all = bytes_text(value);
	const struct bytes path = text_trim(bytes_after(all, bytes_find(all, ':') + 1));

	if (!is_header(all) || path.at[0] != '/')
		return flag_refuse(t, "header-file: not a header's name and the file that holds "
				      "its value (X-Key: /etc/waxseal/key)");
	return flag_append(t, &((struct sink *)subject)->header_files, value);
}

/* Words with blanks between them: no shell has a part in it, so that nothing in them is special. */
static bool
take_command(struct taking *t, void *subject, const char *value)
{
	struct sink *s = subject;
	struct bytes rest = text_trim(bytes_text(value));
	size_t count = 0;

	while (rest.len > 0) {
		struct bytes word = text_word(rest);

		if (count == SINK_ARGUMENTS)
			return flag_refuse(t, "command: more than %d words (make it a script)",
					   SINK_ARGUMENTS);
		s->command[count] = flag_keep(t, (const char *)word.at, word.len);
		if (s->command[count++] == NULL)
			return false;
		rest = text_trim(bytes_after(rest, word.len));
	}
	return absolute(t, "command", s->command[0], &s->command[0]);
}

static bool
take_from(struct taking *t, void *subject, const char *value)
{
	(void)t;
	((struct sink *)subject)->from = value;
	return true;
}

static bool
take_sink_user(struct taking *t, void *subject, const char *value)
{
	(void)t;
	((struct sink *)subject)->user = value;
	return true;
}

static const struct setting settings[] = {
    {"type", "TYPE", take_type, false, "syslog, file, webhook, exec or mail"},
    {"severity", "SEVERITY", take_sink_severity, false, "that or worse (default: warning)"},
    {"kind", "KIND", take_sink_kind, true, "of this kind alone; several may follow"},
    {"client", "ADDR[/N]", take_sink_client, true, "of this client or network alone; likewise"},
    {"server", "ADDR[/N]", take_sink_server, true, "of this server or network alone; likewise"},
    {"domain", "DOMAIN", take_sink_domain, true, "of this domain alone; likewise"},
    {"rate", "N/TIME", take_rate, false, "at most so many; the rest is summed up (default: 30/1h)"},
    {"quiet", "HH:MM-HH:MM", take_quiet, false,
     "between these times, UTC, only what is critical; the rest when they are over"},
    {"to", "TO", take_to, true,
     "syslog: local, udp:HOST[:PORT], tcp:..., tls:... (default: local); mail: a recipient; "
     "several may follow"},
    {"facility", "NAME", take_facility, false, "syslog: as local0 (default: daemon)"},
    {"path", "FILE", take_path, false, "file: where lines are appended; syslog: the local socket"},
    {"format", "FORMAT", take_sink_format, false,
     "file: json, ecs or eve; webhook: these, alertmanager or chat (default: json); syslog: "
     "rfc5424, "
     "or syslog3 for the log of this machine (the default there)"},
    {"url", "URL", take_url, false, "webhook: where alerts are posted"},
    {"url-file", "FILE", take_url_file, false,
     "webhook: likewise, the first line of a file (of a chat it is a secret)"},
    {"header", "NAME: VALUE", take_header, true, "webhook: sent with each; several may follow"},
    {"header-file", "NAME: FILE", take_header_file, true,
     "webhook: likewise, and its value is the first line of a file"},
    {"token-file", "FILE", take_token_file, false,
     "webhook: a bearer token, the first line of a file"},
    {"ca-file", "FILE", take_sink_ca_file, false,
     "webhook, syslog by TLS: certificates (PEM) to trust (default: the system's)"},
    {"command", "PATH [WORD ...]", take_command, false,
     "exec: run for each alert, which it reads; no shell"},
    {"from", "ADDRESS", take_from, false, "mail: its sender"},
    {"sendmail", "FILE", take_sendmail, false, "mail: in place of /usr/sbin/sendmail"},
    {"user", "NAME", take_sink_user, false, "exec, mail: run as this user (default: that parses)"},
};

static void *
begin(struct taking *t, const char *name)
{
	struct sinks *all = t->out->sinks;
	struct sink *s;

	if (all == NULL) {
		all = t->out->sinks = calloc(1, sizeof(*all));
		if (all != NULL)
			all->at = calloc(SINKS_MAX, sizeof(*all->at));
	}
	if (all == NULL || all->at == NULL) {
		flag_refuse(t, "out of memory");
		return NULL;
	}
	for (size_t i = 0; i < all->count; i++)
		if (strcmp(all->at[i].name, name) == 0) {
			flag_refuse(t, "[sink %s]: there is one of this name already", name);
			return NULL;
		}
	if (all->count == SINKS_MAX) {
		flag_refuse(t, "[sink %s]: more than %d sinks", name, SINKS_MAX);
		return NULL;
	}
	s = &all->at[all->count++];
	*s = (struct sink){.name = name,
			   .scope.severity = SEVERITY_WARNING,
			   .rate = SINK_RATE,
			   .rate_span = SINK_RATE_SPAN,
			   .facility = -1};
	return s;
}

/* "udp:log.example.net:514", "tls:[2001:db8::1]". */
static bool
read_carrier(struct taking *t, struct sink *s, const char *to)
{
	static const struct {
		const char *name;
		enum sink_carrier carrier;
		uint16_t port;
	} carriers[] = {{"udp", CARRIER_UDP, SINK_PORT_LOG},
			{"tcp", CARRIER_TCP, SINK_PORT_LOG},
			{"tls", CARRIER_TLS, SINK_PORT_TLS}};
	const struct bytes all = bytes_text(to);
	const size_t colon = bytes_find(all, ':');
	struct bytes host = bytes_after(all, colon + 1), port = {0};
	uint64_t number = 0;
	bool is_whole = true;

	if (strcmp(to, "local") == 0)
		return true;
	for (size_t i = 0; i < sizeof(carriers) / sizeof(carriers[0]); i++)
		if (bytes_equal(bytes_first(all, colon), bytes_text(carriers[i].name))) {
			s->carrier = carriers[i].carrier;
			number = carriers[i].port;
		}
	if (host.len > 0 && host.at[0] == '[') {
		const size_t close = bytes_find(host, ']');

		is_whole = close < host.len;
		port = bytes_after(host, close + 1);
		host = bytes_after(bytes_first(host, close), 1);
	} else {
		port = bytes_after(host, bytes_find(host, ':'));
		host = bytes_first(host, host.len - port.len);
	}
	if (!is_whole || number == 0 || host.len == 0 || (port.len > 0 && port.at[0] != ':') ||
	    (port.len > 0 &&
	     (!text_number(bytes_after(port, 1), &number) || number == 0 || number > UINT16_MAX)))
		return flag_refuse(t,
				   "to %s: not a place for syslog (local, udp:HOST[:PORT], "
				   "tcp:HOST[:PORT] or tls:HOST[:PORT])",
				   to);
	s->port = (uint16_t)number;
	s->host = flag_keep(t, (const char *)host.at, host.len);
	return s->host != NULL;
}

/* Where syslog(3) writes, whoever reads there. */
static bool
is_log_of_machine(const struct sink *s)
{
	return s->carrier == CARRIER_LOCAL &&
	       (strcmp(s->path, LOG_OF_MACHINE) == 0 ||
		text_starts(bytes_text(s->path), BYTES("/run/systemd/journal/")));
}

static bool
end_syslog(struct taking *t, struct sink *s)
{
	if (s->facility < 0)
		s->facility = 3; /* daemon */
	if (s->recipients.count > 1)
		return flag_refuse(t, "to: given twice (a sink for each)");
	if (s->recipients.count == 1 && !read_carrier(t, s, s->recipients.at[0]))
		return false;
	if (s->carrier == CARRIER_LOCAL && s->path == NULL)
		s->path = LOG_OF_MACHINE;
	if (s->format == SINK_JSON)
		s->format = is_log_of_machine(s) ? SINK_SYSLOG3 : SINK_RFC5424;
	if (s->format == SINK_SYSLOG3 && s->carrier != CARRIER_LOCAL)
		return flag_refuse(t, "format syslog3: is for to = local (another machine would "
				      "not know which one wrote it: rfc5424)");
	return s->carrier != CARRIER_LOCAL
		   ? s->path == NULL || flag_refuse(t, "path: is for to = local")
		   : true;
}

static bool
end_mail(struct taking *t, struct sink *s)
{
	if (s->recipients.count == 0)
		return flag_refuse(t, "to: is missing (who gets the mail)");
	for (size_t i = 0; i < s->recipients.count; i++)
		/* One that begins with a hyphen would be an option of sendmail's. */
		if (s->recipients.at[i][0] == '-' || strpbrk(s->recipients.at[i], " \t,<>") != NULL)
			return flag_refuse(t, "to %s: not one address", s->recipients.at[i]);
	if (s->from != NULL && (s->from[0] == '-' || strpbrk(s->from, " \t,<>") != NULL))
		return flag_refuse(t, "from %s: not one address", s->from);
	if (s->sendmail == NULL)
		s->sendmail = "/usr/sbin/sendmail";
	return true;
}

/* JSON is also what stands where nothing was said. */
static bool
format_fits(const struct sink *s)
{
	if (s->format == SINK_JSON)
		return true;
	if (s->type == SINK_SYSLOG)
		return s->format >= SINK_RFC5424;
	return s->format <= (s->type == SINK_FILE ? SINK_EVE : SINK_CHAT) &&
	       (s->type == SINK_FILE || s->type == SINK_WEBHOOK);
}

/* Which settings a type does not know, by what they left behind. */
static const char *
foreign(const struct sink *s)
{
	const enum sink_type type = s->type;

	if (s->recipients.count > 0 && type != SINK_SYSLOG && type != SINK_MAIL)
		return "to";
	if (s->facility >= 0 && type != SINK_SYSLOG)
		return "facility";
	if (s->path != NULL && type != SINK_SYSLOG && type != SINK_FILE)
		return "path";
	if (!format_fits(s))
		return "this format";
	if (s->url != NULL && type != SINK_WEBHOOK)
		return "url";
	if (s->url_file != NULL && type != SINK_WEBHOOK)
		return "url-file";
	if ((s->headers.count > 0 || s->header_files.count > 0 || s->token_file != NULL) &&
	    type != SINK_WEBHOOK)
		return "header, header-file and token-file";
	if (s->ca_file != NULL && type != SINK_WEBHOOK && type != SINK_SYSLOG)
		return "ca-file";
	if (s->command[0] != NULL && type != SINK_EXEC)
		return "command";
	if ((s->from != NULL || s->sendmail != NULL) && type != SINK_MAIL)
		return "from and sendmail";
	if (s->user != NULL && type != SINK_EXEC && type != SINK_MAIL)
		return "user";
	return NULL;
}

static bool
is_too_long(const char *text)
{
	return strlen(text) > SINK_TEXT_MAX;
}

static bool
has_control(const char *text)
{
	for (; *text != '\0'; text++)
		if ((uint8_t)*text < ' ' || *text == 0x7f)
			return true;
	return false;
}

/* The setting, one of whose texts is like that; NULL: none is. */
static const char *
setting_that(const struct sink *s, bool (*is_so)(const char *text))
{
	const struct {
		const char *name, *text;
	} texts[] = {
	    {"to", s->host},           {"path", s->path},         {"url", s->url},
	    {"url-file", s->url_file}, {"ca-file", s->ca_file},   {"token-file", s->token_file},
	    {"from", s->from},         {"sendmail", s->sendmail}, {"user", s->user}};
	const struct {
		const char *name;
		const struct words *list;
	} lists[] = {
	    {"header", &s->headers}, {"header-file", &s->header_files}, {"to", &s->recipients}};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i].text != NULL && is_so(texts[i].text))
			return texts[i].name;
	for (size_t i = 0; s->command[i] != NULL; i++)
		if (is_so(s->command[i]))
			return "command";
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		for (size_t j = 0; j < lists[i].list->count; j++)
			if (is_so(lists[i].list->at[j]))
				return lists[i].name;
	return NULL;
}

/* What the courier would not take, as one text of any sink. Texts are not repeated: see url. */
static bool
check_texts(struct taking *t, const struct sink *s)
{
	const char *name = setting_that(s, is_too_long);

	if (s->headers.count > SINK_WORDS_MAX)
		name = "header";
	if (s->header_files.count > SINK_WORDS_MAX)
		name = "header-file";
	if (s->recipients.count > SINK_WORDS_MAX)
		name = "to";
	if (name != NULL)
		return flag_refuse(t,
				   "%s: too much (at most %d headers, files of them and "
				   "recipients, and %d bytes in each)",
				   name, SINK_WORDS_MAX, SINK_TEXT_MAX);
	name = setting_that(s, has_control);
	return name == NULL ||
	       flag_refuse(t, "%s: holds a control character (a tab, or no text at all)", name);
}

static bool
end(struct taking *t, void *subject)
{
	struct sink *s = subject;
	const char *wrong = foreign(s);

	if (!check_texts(t, s))
		return false;
	if (s->type == SINK_NONE)
		return flag_refuse(t, "type: is missing (syslog, file, webhook, exec or mail)");
	if (wrong != NULL)
		return flag_refuse(t, "%s: not for a sink of type %s (waxseal(8))", wrong,
				   sink_type_name(s->type));
	if (s->type == SINK_FILE && s->path == NULL)
		return flag_refuse(t, "path: is missing (where lines are appended)");
	if (s->type == SINK_WEBHOOK && s->url == NULL && s->url_file == NULL)
		return flag_refuse(t, "url: is missing (where alerts are posted)");
	if (s->url != NULL && s->url_file != NULL)
		return flag_refuse(t, "url-file: is in place of url (one of them, not both)");
	if (s->type == SINK_EXEC && s->command[0] == NULL)
		return flag_refuse(t, "command: is missing (what is run)");
	if (s->type == SINK_SYSLOG)
		return end_syslog(t, s);
	return s->type != SINK_MAIL || end_mail(t, s);
}

const struct section_kind sink_section = {"sink", settings, sizeof(settings) / sizeof(settings[0]),
					  begin,  end,      "alert"};

void
sinks_free(struct sinks *sinks)
{
	if (sinks == NULL)
		return;
	for (size_t i = 0; sinks->at != NULL && i < sinks->count; i++) {
		scope_free(&sinks->at[i].scope);
		free(sinks->at[i].recipients.at);
		free(sinks->at[i].headers.at);
		free(sinks->at[i].header_files.at);
	}
	free(sinks->at);
	free(sinks);
}
