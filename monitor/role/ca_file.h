/* Which authorities are trusted: the file that was named, or the system's. */
#ifndef MONITOR_ROLE_CA_FILE_H
#define MONITOR_ROLE_CA_FILE_H

/*
 * Open the file of that name (PEM) for reading; NULL: that of the system. -1 where
 * there is none; only of one that was named that is told.
 */
int ca_file_open(const char *named);

#endif
