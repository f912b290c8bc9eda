/*
 * Whose a file is that root has just made.
 *
 * Root reads captures into the database, and tries sinks, of a unit that runs as
 * another user. A file that stayed root's would shut that user out of its own
 * folder, so it is given to the one whom the folder belongs to.
 */
#ifndef DB_MADE_H
#define DB_MADE_H

/* fd was made just now, by the name of path, and was not there before. Nothing where this is not
 * root or the folder is root's; what fails is left as it is. */
void made_for_folder(int fd, const char *path);

#endif
