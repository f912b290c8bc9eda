#!/usr/bin/perl
# datagram.pl IFACE TEXT: one UDP datagram with that text, as a frame on that interface.
use strict;
use warnings;
use Socket;

my ($interface, $text) = @ARGV;
my $udp = pack('nnnn', 4000, 9, 8 + length $text, 0) . $text;
my $ip = pack('CCnnnCCnNN', 0x45, 0, 20 + length $udp, 1, 0, 64, 17, 0, 0xc0000207, 0xc6336419);
my $sum = 0;
$sum += $_ for unpack('n*', $ip);
$sum = ($sum & 0xffff) + ($sum >> 16) while $sum >> 16;
substr($ip, 10, 2) = pack('n', ~$sum & 0xffff);
my $frame = pack('H*', '020000000002' . '020000000001' . '0800') . $ip . $udp;
open my $index, '<', "/sys/class/net/$interface/ifindex" or die "$interface: $!\n";
my $number = <$index> + 0;
socket(my $s, 17, SOCK_RAW, 0x0300) or die "socket: $!\n";
# struct sockaddr_ll: family, protocol, interface, then what a receiver is told.
my $to = pack('SnlSCCa8', 17, 0x0800, $number, 0, 0, 6, '');
send($s, $frame, 0, $to) or die "send: $!\n";
