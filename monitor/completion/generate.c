/*
 * Writes what completes command lines in bash and in zsh, from the tables of
 * commands, flags and kinds: a program of its own, run when waxseal is built.
 *
 * generate bash | zsh. Everything that is written is a constant of those tables:
 * words of letters and hyphens, and lines of help, quoted.
 */
#include <stdio.h>
#include <string.h>

#include "monitor/command/command.h"
#include "monitor/config_file.h"
#include "monitor/section.h"

static bool
takes(const struct command *c, const struct flag *f)
{
	return (f->groups & (FLAG_GLOBAL | c->flags)) != 0;
}

/* Inside of single quotes. */
static void
put_quoted(const char *text)
{
	for (; *text != '\0'; text++)
		if (*text == '\'')
			fputs("'\\''", stdout);
		else
			putchar(*text);
}

/* What is to stand for a value: its words, or what kind of name it is. */
static void
put_value(const struct flag *f)
{
	flag_word_list *words = flag_words(f);

	if (words != NULL)
		for (size_t i = 0; words(i) != NULL; i++)
			printf("%s%s", i == 0 ? "words " : " ", words(i));
	else if (strcmp(f->value, "FILE") == 0)
		fputs("file", stdout);
	else if (strcmp(f->value, "DIR") == 0)
		fputs("folder", stdout);
	else if (strcmp(f->value, "IFACE") == 0)
		fputs("interface", stdout);
	else
		fputs("other", stdout);
}

static void
put_value_case(const char *command, const struct flag *f)
{
	printf("\t'%s --%s'", command, f->name);
	if (f->letter != 0)
		printf(" | '%s -%c'", command, f->letter);
	fputs(") echo '", stdout);
	put_value(f);
	puts("' ;;");
}

static void
put_values(void)
{
	puts("# COMMAND FLAG: what its value is; fails where it takes none.\n"
	     "_waxseal_value() {\n"
	     "\tcase \"$1 $2\" in");
	for (size_t i = 0; i < flag_count; i++) {
		if (flags[i].value == NULL)
			continue;
		if ((flags[i].groups & FLAG_GLOBAL) != 0)
			put_value_case("", &flags[i]);
		for (size_t c = 0; c < command_count; c++)
			if (takes(&commands[c], &flags[i]))
				put_value_case(commands[c].name, &flags[i]);
	}
	puts("\t*) return 1 ;;\n\tesac\n}\n");
}

/* One of the alternatives of "[list | add WHAT | remove ID]", and of what it is done to. */
struct action {
	struct bytes word, operand;
};

/* The next of them, and *at moves behind it; false: there is none. */
static bool
next_action(const char **at, struct action *out)
{
	const char *text = *at + strspn(*at, "[| ");
	const size_t length = strcspn(text, " ]"), gap = strspn(text + length, " [");
	const char *operand = text + length + gap;

	out->word = (struct bytes){(const uint8_t *)text, length};
	out->operand = (struct bytes){(const uint8_t *)operand, strcspn(operand, " ]|")};
	*at = text + strcspn(text, "|");
	return length > 0;
}

static bool
has_actions(const struct command *c)
{
	return c->operands == OPERANDS_ACTION || c->operands == OPERANDS_ALERT ||
	       c->operands == OPERANDS_MUTE;
}

static void
put_actions(const struct command *c)
{
	const char *at = c->synopsis;
	struct action a;

	printf("\t'%s ') echo 'words", c->name);
	while (next_action(&at, &a))
		printf(" %.*s", (int)a.word.len, (const char *)a.word.at);
	puts("' ;;");
	for (at = c->synopsis; next_action(&at, &a);)
		if (bytes_equal(a.operand, bytes_text("FILE")) ||
		    bytes_equal(a.operand, bytes_text("SINK")))
			printf("\t'%s %.*s') echo '%s' ;;\n", c->name, (int)a.word.len,
			       (const char *)a.word.at, a.operand.at[0] == 'F' ? "file" : "sink");
}

/* What may follow a command that is no flag. */
static void
put_operands(void)
{
	puts("# COMMAND ACTION: what follows beside flags; ACTION is empty where it is to come.\n"
	     "_waxseal_operand() {\n"
	     "\tcase \"$1 $2\" in");
	for (size_t c = 0; c < command_count; c++) {
		if (commands[c].operands == OPERANDS_FILES)
			printf("\t'%s '*) echo 'file' ;;\n", commands[c].name);
		if (has_actions(&commands[c]))
			put_actions(&commands[c]);
	}
	puts("\t*) echo 'other' ;;\n\tesac\n}\n");
}

/* They stand in the configuration; a line that is none of waxseal's gives no word. */
static void
put_sinks(void)
{
	printf("# FILE: names of the sinks of that configuration, or of the usual one.\n"
	       "_waxseal_sinks() {\n"
	       "\tsed -n 's/^[[:blank:]]*\\[[[:blank:]]*sink[[:blank:]]\\{1,\\}"
	       "\\([[:alnum:]_-]\\{1,%d\\}\\)[[:blank:]]*\\].*/\\1/p' \\\n"
	       "\t    \"${1:-%s}\" 2>/dev/null\n"
	       "}\n\n",
	       SECTION_NAME_MAX, CONFIG_DEFAULT);
}

static void
put_flag(const struct flag *f, bool has_help)
{
	printf("\t\t'--%s%s", f->name, has_help ? ":" : "");
	if (has_help)
		put_quoted(f->help);
	puts("'");
	if (f->letter == 0)
		return;
	printf("\t\t'-%c%s", f->letter, has_help ? ":" : "");
	if (has_help)
		put_quoted(f->help);
	puts("'");
}

/* With help as zsh's _describe takes it: "--flag:what it is for". */
static void
put_lists(bool has_help)
{
	puts("# COMMAND: fills the list \"flags\" of whoever calls.\n"
	     "_waxseal_flags() {\n"
	     "\tcase $1 in");
	for (size_t c = 0; c <= command_count; c++) {
		printf("\t%s) flags=(\n", c < command_count ? commands[c].name : "*");
		for (size_t i = 0; i < flag_count; i++)
			if (c < command_count ? takes(&commands[c], &flags[i])
					      : (flags[i].groups & FLAG_GLOBAL) != 0)
				put_flag(&flags[i], has_help);
		puts("\t\t) ;;");
	}
	puts("\tesac\n}\n\n_waxseal_commands=(");
	for (size_t c = 0; c < command_count; c++) {
		printf("\t'%s%s", commands[c].name, has_help ? ":" : "");
		if (has_help)
			put_quoted(commands[c].line);
		puts("'");
	}
	puts(")\n");
}

int
main(int argc, char *argv[])
{
	const bool is_zsh = argc == 2 && strcmp(argv[1], "zsh") == 0;

	if (argc != 2 || (!is_zsh && strcmp(argv[1], "bash") != 0)) {
		fputs("usage: generate bash | zsh\n", stderr);
		return 2;
	}
	if (is_zsh)
		puts("#compdef waxseal");
	puts("# Completes command lines of waxseal. Made from its tables when it is built.\n");
	put_values();
	put_operands();
	put_sinks();
	put_lists(is_zsh);
	return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
