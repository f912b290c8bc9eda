/*
 * Reports as files of a folder, named by RFC 8460 section 5.1:
 *
 *     sender!policy-domain!begin!end.json[.gz]
 *
 * Each is whole or not there at all, and takes the place of one of that name.
 * For their owner alone, as the database is: they hold addresses of clients.
 */
#ifndef MONITOR_REPORT_TLSRPT_FILE_H
#define MONITOR_REPORT_TLSRPT_FILE_H

#include "monitor/report/tlsrpt_json.h"

/* A folder that is written to. */
struct tlsrpt_folder {
	const char *path;
	int descriptor;
	bool is_gzip;
};

/* False, after a message, where it is no folder that can be opened. */
bool tlsrpt_folder_open(struct tlsrpt_folder *f, const char *path, bool is_gzip);
void tlsrpt_folder_close(struct tlsrpt_folder *f);

/* Where the name is too long for a file nothing is written, and the reason is TLSRPT_NO_NAME. */
enum tlsrpt_put {
	TLSRPT_PUT,
	TLSRPT_NO_NAME, /* the names of sender and domain are too long for a file together */
	TLSRPT_NOT_PUT  /* a message was written: nothing can be */
};
enum tlsrpt_put tlsrpt_folder_put(struct tlsrpt_folder *f, const struct tlsrpt_report *r);

#endif
