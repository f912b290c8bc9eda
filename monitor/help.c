/* --help; see help.h. */
#include "monitor/help.h"

#include <string.h>

#include "monitor/section.h"

#define LEFT_MAX  26 /* characters of a flag and its value; longer ones take a line of their own */
#define LEFT_TEXT 80

static void
help_line(FILE *out, const char *left, const char *help)
{
	if (strlen(left) > LEFT_MAX)
		fprintf(out, "  %s\n  %*s  %s\n", left, LEFT_MAX, "", help);
	else
		fprintf(out, "  %-*s  %s\n", LEFT_MAX, left, help);
}

static void
help_flag(FILE *out, const struct flag *f)
{
	char letter[] = "    ", left[LEFT_TEXT];

	if (f->letter != 0) {
		letter[0] = '-';
		letter[1] = f->letter;
		letter[2] = ',';
	}
	snprintf(left, sizeof(left), "%s--%s%s%s", letter, f->name, f->value == NULL ? "" : " ",
		 f->value == NULL ? "" : f->value);
	help_line(out, left, f->help);
}

static void
help_flags(FILE *out, uint32_t groups)
{
	for (size_t i = 0; i < flag_count; i++)
		if ((flags[i].groups & groups) != 0)
			help_flag(out, &flags[i]);
}

/* What the configuration file can have for this command. */
static void
help_sections(FILE *out, const struct command *command)
{
	char left[LEFT_TEXT];

	for (size_t i = 0; i < section_kind_count; i++) {
		const struct section_kind *kind = section_kinds[i];

		if (kind->command == NULL || strcmp(kind->command, command->name) != 0)
			continue;
		fprintf(out, "\nSettings of each [%s NAME] in the configuration file:\n",
			kind->name);
		for (size_t j = 0; j < kind->count; j++) {
			snprintf(left, sizeof(left), "%s = %s", kind->settings[j].name,
				 kind->settings[j].value);
			help_line(out, left, kind->settings[j].help);
		}
	}
}

void
help_program(FILE *out)
{
	fputs(
	    "usage: waxseal COMMAND [OPTION ...]\n\n"
	    "Watches mail cross a network tap and says when the seal was broken: when a\n"
	    "session that should have been encrypted was not, who made it so, how sure we are.\n\n"
	    "Commands (waxseal COMMAND --help tells more):\n",
	    out);
	for (size_t i = 0; i < command_count; i++)
		fprintf(out, "  %-10s  %s\n", commands[i].name, commands[i].line);
	fputs("\nOptions of every command, before or after it:\n", out);
	help_flags(out, FLAG_GLOBAL);
	fputs("\nWithout --db: WAXSEAL_DB, else db of the configuration, else\n"
	      "/var/lib/waxseal/waxseal.db for root where that folder is, else ./waxseal.db.\n\n"
	      "Exit status: 0 done; 1 something failed; 2 the arguments are wrong;\n"
	      "3 watch --fail-on was met. The manual: man waxseal\n",
	      out);
}

void
help_command(FILE *out, const struct command *command)
{
	fprintf(out, "usage: waxseal %s %s\n\n%s\n", command->name, command->synopsis,
		command->line);
	if (command->flags != 0)
		fputs("\nOptions:\n", out);
	help_flags(out, command->flags);
	help_sections(out, command);
	fputs("\nOptions of every command:\n", out);
	help_flags(out, FLAG_GLOBAL);
}
