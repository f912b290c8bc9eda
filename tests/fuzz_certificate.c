/*
 * Hostile certificates, through OpenSSL. The input is the time of the session in
 * seconds (4), the server's name (1 of length), certificates (2 of length each).
 *
 * What is said of a chain must be printable, must cross to the keeper, and must
 * be the same when it is remembered.
 */
#include "monitor/certificate.h"
#include "tests/cross.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Signed the chain in tests/corpus/certificate; its key is gone. */
static const char authority[] = "-----BEGIN CERTIFICATE-----\n"
				"MIIBdTCCARugAwIBAgIUUzuBwmlQ32wTxNNOMzko/nM8f4MwCgYIKoZIzj0EAwIw\n"
				"DzENMAsGA1UEAwwEUm9vdDAgFw0yNjExMjQwMDE5MDNaGA8yMTI2MTAzMTAwMTkw\n"
				"M1owDzENMAsGA1UEAwwEUm9vdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABNZ2\n"
				"oRQ/Xydnm5uxgxVMxRy3zawJGAS+WW5sF2NTwtWiITS2i1uXLXiFB8jTfaxG40IR\n"
				"8btIUYd8y9C0HLgQfcejUzBRMB0GA1UdDgQWBBRMdnNbndaHTmH+2Q0Ro/YdjaEN\n"
				"KTAfBgNVHSMEGDAWgBRMdnNbndaHTmH+2Q0Ro/YdjaENKTAPBgNVHRMBAf8EBTAD\n"
				"AQH/MAoGCCqGSM49BAMCA0gAMEUCIFy9YaM5YZeYHF+ccUv94T2PzhKYVqGokcWa\n"
				"C1fKIfE+AiEAzJY371eQutd4isqLw1BtQvIA9eNqovbICtzouTiL9ts=\n"
				"-----END CERTIFICATE-----\n";

static struct digests
digests(void)
{
	static struct certifier *c;
	char why[128];
	FILE *file;

	if (!c) {
		file = tmpfile();
		if (!file || fputs(authority, file) < 0)
			abort();
		rewind(file);
		c = certifier_new(file, why, sizeof(why));
		fclose(file);
		if (!c)
			abort();
	}
	return certifier_digests(c);
}

static void
check(const struct certificate_facts *facts, int64_t time)
{
	static struct session s = {.client = {.family = 4}, .server = {.family = 4}};

	if (!facts->is_seen)
		abort();
	for (const char *at = facts->subject; *at != '\0'; at++)
		if (*at < 0x20 || *at > 0x7e)
			abort();
	for (const char *at = facts->issuer; *at != '\0'; at++)
		if (*at < 0x20 || *at > 0x7e)
			abort();
	s.start = s.end = time;
	s.certificate = *facts;
	cross(&s, NULL, NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cursor c = cursor_over((struct bytes){data, size});
	int64_t time = (int64_t)cursor_u32(&c) * 1000000;
	struct cursor sni = cursor_vector8(&c);
	struct certificate_facts first, again;
	struct digests d = digests();
	struct bytes chain[CHAIN_MAX];
	size_t count = 0;

	while (count < CHAIN_MAX && c.rest.len > 0) {
		struct cursor one = cursor_vector16(&c);

		if (!c.is_short)
			chain[count++] = one.rest;
	}
	if (count == 0)
		return 0;
	memset(&first, 0, sizeof(first));
	memset(&again, 0, sizeof(again));
	d.certificate(d.ctx, chain, count, sni.rest, time, &first);
	d.certificate(d.ctx, chain, count, sni.rest, time, &again);
	if (memcmp(&first, &again, sizeof(first)) != 0)
		abort();
	check(&first, time);
	return 0;
}
