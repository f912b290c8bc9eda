/* OpenSSL's own hash, over the canonical form that it compares names by; see name_hash.h. */
#include "monitor/name_hash.h"

uint32_t
name_hash(const X509_NAME *name)
{
	int is_good = 0;
	unsigned long hash = X509_NAME_hash_ex(name, NULL, NULL, &is_good);

	return is_good != 0 ? (uint32_t)hash : 0;
}
