/* The certificates that a connection's peer must lead to, and how it is checked: by OpenSSL. */
#ifndef MONITOR_AUTHORITIES_H
#define MONITOR_AUTHORITIES_H

#include <openssl/ssl.h>
#include <stdio.h>

/* Those of a file (PEM), read to its end. NULL where it holds none, or memory is refused. */
X509_STORE *authorities_read(FILE *file);

/* Those of the file of that name, or of the system's; NULL: *why says why, in static text. */
X509_STORE *authorities_open(const char *named, const char **why);

#endif
