/*
 * Skips that say why, where it is seen: tests/run.sh repeats them at the end of
 * a run, behind the name of the test.
 */
#ifndef TESTS_SKIP_H
#define TESTS_SKIP_H

/* Leave this test as skipped; why is a format and what belongs to it. */
#define skip_because(...)                     \
	do {                                  \
		print_message("# skipped: "); \
		print_message(__VA_ARGS__);   \
		print_message("\n");          \
		skip();                       \
	} while (0)

#endif
