/* Certificates to trust; see authorities.h. */
#include "monitor/authorities.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>
#include <unistd.h>

#include "monitor/role/ca_file.h"

X509_STORE *
authorities_read(FILE *file)
{
	X509_STORE *store = X509_STORE_new();
	X509 *certificate;
	int count = 0;

	while (store != NULL && (certificate = PEM_read_X509_AUX(file, NULL, NULL, NULL)) != NULL) {
		X509_STORE_add_cert(store, certificate);
		X509_free(certificate);
		count++;
	}
	/* The end of the file is an error to it like any other. */
	ERR_clear_error();
	if (count > 0)
		return store;
	X509_STORE_free(store);
	return NULL;
}

X509_STORE *
authorities_open(const char *named, const char **why)
{
	int descriptor = ca_file_open(named);
	FILE *file = descriptor >= 0 ? fdopen(descriptor, "r") : NULL;
	X509_STORE *store = NULL;

	*why = descriptor < 0 && named != NULL ? strerror(errno) : "no certificate in it";
	if (file != NULL) {
		store = authorities_read(file);
		fclose(file);
	} else if (descriptor >= 0)
		close(descriptor);
	return store;
}
