#include "monitor/baseline/parties.h"

#include <stdio.h>
#include <string.h>

#include "dissector/extension.h"
#include "dissector/text.h"
#include "monitor/judge/mask.h"

#define OWNER_MAX  (MARK_VALUE_MAX - ENDPOINT_TEXT_MAX - 1)
#define KEY_DIGITS 40 /* of the SHA-256 of a key: enough to tell keys apart */

void
mark_value(struct bytes wire, char out[MARK_VALUE_MAX])
{
	text_printable(wire, out, MARK_VALUE_MAX);
	for (; *out != '\0'; out++)
		*out = (char)text_lower((uint8_t)*out);
}

struct bytes
parties_name_in(struct bytes line)
{
	return text_word(text_trim(line));
}

/* AUTH is offered to some, and private ones are for friends of the house. */
static bool
depends_on_client(struct bytes keyword)
{
	return text_starts(keyword, BYTES("AUTH")) || text_starts(keyword, BYTES("X"));
}

/* No padding, no STARTTLS, none that depends on the client. */
static void
extensions_of(const struct session *s, struct parties *out)
{
	out->extension_count = 0;
	for (size_t i = 1; i < s->ehlos; i++) {
		struct bytes keyword = extension_keyword(s->ehlo[i]);

		if (keyword.len == 0 || depends_on_client(keyword) || mask_is_padding(keyword) ||
		    extension_is_starttls(s->ehlo[i]))
			continue;
		mark_value(keyword, out->extensions[out->extension_count++]);
	}
}

static uint32_t
shape_of_one(const char *extension)
{
	uint32_t hash = 2166136261u; /* FNV-1a */

	for (const char *c = extension; *c != '\0'; c++)
		hash = (hash ^ (uint8_t)*c) * 16777619u;
	return hash;
}

/*
 * Two machines may have one name and not the same software. Which extensions a
 * reply has, in whatever order, is a number that says so; STARTTLS is not among
 * them. Whoever makes it come out alike has made the reply alike.
 */
static uint32_t
shape_of(const struct parties *p)
{
	uint32_t shape = 0;

	for (size_t i = 0; i < p->extension_count; i++)
		shape += shape_of_one(p->extensions[i]);
	return shape;
}

static void
node_of(struct parties *out)
{
	out->node[0] = '\0';
	out->node_name[NODE_NAME_MAX] = '\0';
	if (out->node_name[0] != '\0')
		snprintf(out->node, sizeof(out->node), "%.*s %08x", NODE_NAME_MAX, out->node_name,
			 shape_of(out));
}

/*
 * Whose the server is: the last two labels of its name. Those of one owner
 * change together; that some of two owners share their last labels only makes
 * them count as one.
 */
static void
at_of(struct parties *out)
{
	const char *owner = out->node_name, *dot = strrchr(owner, '.');

	while (dot != NULL && dot > owner && dot[-1] != '.')
		dot--;
	if (dot != NULL)
		owner = dot;
	/* Of a long name the end is cut, the same each time. */
	snprintf(out->at, sizeof(out->at), "%.*s %.*s", ENDPOINT_TEXT_MAX - 1, out->endpoint,
		 OWNER_MAX, owner);
}

bool
at_is_of(const char *at, const char *endpoint)
{
	size_t len = strlen(endpoint);

	return strncmp(at, endpoint, len) == 0 && (at[len] == ' ' || at[len] == '\0');
}

/* What stands behind the last blank; "" where there is none. */
static const char *
last_part(const char *value)
{
	const char *blank = strrchr(value, ' ');

	return blank == NULL ? "" : blank + 1;
}

const char *
at_owner(const char *at)
{
	return last_part(at);
}

void
shape_without(const struct parties *p, size_t extension, char out[SHAPE_TEXT_MAX])
{
	snprintf(out, SHAPE_TEXT_MAX, "%08x", shape_of(p) - shape_of_one(p->extensions[extension]));
}

bool
node_is_of_shape(const char *node, const char *shape)
{
	return strcmp(last_part(node), shape) == 0;
}

bool
node_is_of_name(const char *node, const char *name)
{
	size_t len = strlen(name);

	return strncmp(node, name, len) == 0 && node[len] == ' ';
}

void
parties_of(const struct session *s, struct parties *out)
{
	char client[INET6_ADDRSTRLEN], server[INET6_ADDRSTRLEN];

	address_text(&s->client, client);
	address_text(&s->server, server);
	network_text(&s->client, out->from);
	snprintf(out->endpoint, sizeof(out->endpoint), "%s %u", server, s->server_port);
	snprintf(out->server, sizeof(out->server), "server %s", out->endpoint);
	snprintf(out->pair, sizeof(out->pair), "pair %s %s", client, out->endpoint);
	snprintf(out->client, sizeof(out->client), "client %s", client);
	snprintf(out->network, sizeof(out->network), "network %s", out->from);
	mark_value(s->ehlos > 0 ? parties_name_in(s->ehlo[0]) : (struct bytes){0}, out->node_name);
	extensions_of(s, out);
	node_of(out);
	at_of(out);
	mark_value(s->helo, out->helo);
	out->name[0] = '\0';
	/* A name without a dot is any machine's. */
	if (strchr(out->node_name, '.') != NULL && out->node_name[0] != '[')
		parties_name_key(out->node_name, out->name);
}

void
parties_name_key(const char *name, char out[SUBJECT_KEY_MAX])
{
	snprintf(out, SUBJECT_KEY_MAX, "name %s", name);
}

void
parties_names(const struct session *s, const struct parties *p, const char *called,
	      struct party_names *out)
{
	size_t n = 0;

	snprintf(out->at[n++], MARK_VALUE_MAX, "%s", p->endpoint);
	if (called[0] != '\0')
		snprintf(out->at[n++], MARK_VALUE_MAX, "%s", called);
	mark_value(s->sni, out->at[n]);
	if (out->at[n][0] != '\0' && strcmp(out->at[n], called) != 0)
		n++;
	for (size_t i = 0; i < s->rcpt_count && i < NAMES_RECIPIENTS; i++)
		mark_value(s->rcpt_domains[i], out->at[n++]);
	out->count = n;
}

void
parties_key(const struct session *s, char out[MARK_VALUE_MAX])
{
	char name[MARK_VALUE_MAX];

	for (size_t i = 0; i < KEY_DIGITS / 2; i++)
		snprintf(out + 2 * i, 3, "%02x", s->certificate.digests.spki_sha256[i]);
	mark_value(s->sni, name);
	snprintf(out + KEY_DIGITS, MARK_VALUE_MAX - KEY_DIGITS, " %.*s",
		 MARK_VALUE_MAX - KEY_DIGITS - 2, name);
}

bool
key_is_of_name(const char *a, const char *b)
{
	return strlen(a) > KEY_DIGITS && strlen(b) > KEY_DIGITS &&
	       strcmp(a + KEY_DIGITS, b + KEY_DIGITS) == 0;
}

/* Key, name and network: of all as much as tells them apart. */
#define SHOWN_DIGITS 24
#define SHOWN_NAME   17

void
parties_shown(const char *key, const char *from, char out[MARK_VALUE_MAX])
{
	snprintf(out, MARK_VALUE_MAX, "%.*s%.*s %.*s", SHOWN_DIGITS, key, SHOWN_NAME,
		 key + KEY_DIGITS, MARK_VALUE_MAX - SHOWN_DIGITS - SHOWN_NAME - 2, from);
}

const char *
shown_from(const char *shown)
{
	return last_part(shown);
}

bool
shown_is_of_name(const char *shown, const char *key)
{
	size_t len = strnlen(key + KEY_DIGITS, SHOWN_NAME);

	return shown_from(shown) == shown + SHOWN_DIGITS + len + 1 &&
	       strncmp(shown + SHOWN_DIGITS, key + KEY_DIGITS, len) == 0;
}

bool
shown_is_of_key(const char *shown, const char *key)
{
	return strncmp(shown, key, SHOWN_DIGITS) == 0 && shown_is_of_name(shown, key);
}

void
parties_issuer(const struct session *s, char out[MARK_VALUE_MAX])
{
	const char *issuer = s->certificate.issuer;

	mark_value(
	    (struct bytes){(const uint8_t *)issuer, strnlen(issuer, sizeof(s->certificate.issuer))},
	    out);
}
