#!/bin/sh
# Live capture on the range of real mail servers (tests/range/live.sh), with some of its scenarios;
# "make range-live" plays all.
set -u
: "${O:=.build}"
space=waxseal-range-$$

skip() {
	echo "1..0 # SKIP $1"
	exit 0
}

# What the range does with overlays, namespaces, mirrors and tunnels, each once.
can_overlay() {
	unshare --mount --pid --fork sh -c 'mount -t tmpfs tmpfs /mnt && mkdir /mnt/u /mnt/w /mnt/r &&
	    mount -t overlay overlay -o lowerdir=/,upperdir=/mnt/u,workdir=/mnt/w /mnt/r && chroot /mnt/r true'
}
can_mirror() {
	ip netns add $space && ip netns exec $space sh -ec "
		ip link add near type veth peer name far
		ip link set near up
		ip addr add 203.0.113.1/24 dev near
		ip link add wide type vxlan id 42 remote 203.0.113.2 dstport 4789 dev near
		tc qdisc add dev near clsact
		tc filter add dev near ingress protocol all u32 match u32 0 0 \
		    action mirred egress mirror dev far
		tc filter add dev near egress bpf da obj '$O/tests/range/wrap.bpf.o' sec vlan
		nft 'table inet range { chain pre { type filter hook prerouting priority mangle;
		    meta nfproto ipv4 tcp dport 25 tproxy ip to :9025 meta mark set 1 accept; }; }'"
	status=$?
	ip netns del $space
	return $status
}

[ "$(id -u)" -eq 0 ] || skip "needs root"
[ -s "$O/tests/range/wrap.bpf.o" ] || skip "needs what clang builds for eBPF"
can_overlay >/dev/null 2>&1 || skip "needs overlays that can be mounted"
can_mirror >/dev/null 2>&1 || skip "needs network namespaces, mirrors, VXLAN and eBPF in them"
sh tests/range/install.sh >/dev/null 2>&1 || skip "Postfix, Exim and OpenSMTPD cannot be installed"

# Not among them: segment_conflict_late, in which a busy machine can turn round who comes first.
exec sh tests/range/live.sh ordinary_delivery bots_never_upgrade submission lmtp starttls_masked \
    starttls_cut_without_control starttls_refused ehlo_suppressed banner_masked \
    starttls_command_masked_padding command_injection response_injection \
    plaintext_after_starttls_454 tls_downgrade_sentinel segment_conflict_first reset_injected \
    credentials_exposed history_one_client 2>/dev/null
