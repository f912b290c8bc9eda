/*
 * The fate of standard output: full disks are told, readers that left are not.
 *
 * Needs SIGPIPE ignored. Never writes to standard output itself.
 */
#ifndef MONITOR_OUTPUT_H
#define MONITOR_OUTPUT_H

#include <stdbool.h>

/*
 * Begin: SIGPIPE and SIGXFSZ are ignored, and descriptors 0 to 2 are there, so that no
 * file that is opened later can become what messages are written to.
 */
void output_begin(void);

/* Whether all that was written so far went well; to be asked now and then in long output. */
bool output_is_fine(void);

/* Something of it was not written for that reason, an errno. */
void output_failed(int error);

/*
 * Flush. Returns status, or STATUS_FAILED after a message where something was
 * not written; a reader that left early (EPIPE) had what it wanted.
 */
int output_finish(int status);

#endif
