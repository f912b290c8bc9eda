/*
 * Tunnels over IP: GRE and ERSPAN, and those in UDP, known by their port.
 *
 * Each function reads one header from the front of the walk and says which
 * comes next. What is encrypted or not IP in the end is no TCP.
 */
#ifndef DISSECTOR_TUNNEL_H
#define DISSECTOR_TUNNEL_H

#include "dissector/walk.h"

#define GTPU_EXTENSIONS_MAX 8 /* of one packet; two are seen in the field */

enum header tunnel_udp(struct walk *w);
enum header tunnel_gre(struct walk *w);
enum header tunnel_erspan2(struct walk *w);
enum header tunnel_erspan3(struct walk *w);
enum header tunnel_vxlan(struct walk *w);
enum header tunnel_vxlan_gpe(struct walk *w);
enum header tunnel_geneve(struct walk *w);
enum header tunnel_gtpu(struct walk *w);

#endif
