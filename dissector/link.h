/*
 * Link layers and the shims between link and IP: Ethernet and what may stand
 * behind it, PPP, the pseudo-headers that capture systems write.
 *
 * Each function reads one header from the front of the walk and says which
 * comes next. None looks beyond its own header's end, MPLS aside, which does
 * not say what it carries.
 */
#ifndef DISSECTOR_LINK_H
#define DISSECTOR_LINK_H

#include "dissector/walk.h"

#define MPLS_LABELS_MAX  16 /* of one stack; more is PACKET_DEEP */
#define NFLOG_FIELDS_MAX 32 /* of one packet; some 20 kinds are defined */

enum header link_ethernet(struct walk *w);
enum header link_fddi(struct walk *w);
enum header link_llc(struct walk *w);
enum header link_vlan(struct walk *w);
enum header link_etag(struct walk *w);
enum header link_vntag(struct walk *w);
enum header link_metadata(struct walk *w);
enum header link_fabricpath(struct walk *w);
enum header link_mpls(struct walk *w);
enum header link_pppoe(struct walk *w);
enum header link_ppp(struct walk *w);
enum header link_hdlc(struct walk *w);
enum header link_sll(struct walk *w);
enum header link_sll2(struct walk *w);
enum header link_loopback(struct walk *w);
enum header link_nflog(struct walk *w);

#endif
