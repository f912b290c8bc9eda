/*
 * IPv4 and IPv6 headers, extension headers and fragments.
 *
 * Each function reads one header from the front of the walk and says which
 * comes next. The innermost addresses, TTL and identification land in the
 * packet. Header checksums are not verified: receivers' cards fill them in.
 */
#ifndef DISSECTOR_INTERNET_H
#define DISSECTOR_INTERNET_H

#include "dissector/walk.h"

enum header internet_any(struct walk *w);
enum header internet_v4(struct walk *w);
enum header internet_v6(struct walk *w);
enum header internet_extension(struct walk *w);
enum header internet_routing(struct walk *w);
enum header internet_fragment(struct walk *w);
enum header internet_authentication(struct walk *w);

#endif
