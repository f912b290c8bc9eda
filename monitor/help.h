/*
 * --help and --version: made from the tables of commands and flags.
 */
#ifndef MONITOR_HELP_H
#define MONITOR_HELP_H

#include <stdio.h>

#include "monitor/command/command.h"

#define VERSION_TEXT(version)   VERSION_QUOTED(version)
#define VERSION_QUOTED(version) #version
#ifdef WAXSEAL_VERSION /* the Makefile gives it, without quotes */
#define WAXSEAL_VERSION_TEXT VERSION_TEXT(WAXSEAL_VERSION)
#else
#define WAXSEAL_VERSION_TEXT "unversioned"
#endif

/* Help of the program: its commands and what all of them take. */
void help_program(FILE *out);

/* Help of one command. */
void help_command(FILE *out, const struct command *command);

#endif
