#!/usr/bin/perl
# Name servers and web servers that misbehave, for tests/policy.t:
#   fake.pl dns ADDRESS PORT    answers by the first label of what is asked (see below)
#   fake.pl mute ADDRESS PORT   accepts connections over TCP and says nothing
#   fake.pl late ADDRESS PORT TO FILE  passes connections over TCP on to TO once there is that file
#   fake.pl relay ADDRESS PORT TO MS   passes questions on to TO:53, and answers after so long
use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;

my ($what, $address, $port) = @ARGV;

sub listener {
	return IO::Socket::INET->new(LocalAddr => $address, LocalPort => $port, ReuseAddr => 1, @_)
	    || die "$address:$port: $!";
}

if ($what eq 'mute') {
	my $server = listener(Listen => 16);
	my @held;
	push @held, $server->accept() while 1;
}

if ($what eq 'late') {
	my $server = listener(Listen => 16);
	$SIG{CHLD} = 'IGNORE';
	while (my $client = $server->accept()) {
		next if fork;
		select undef, undef, undef, 0.1 until -e $ARGV[4];
		my $host = IO::Socket::INET->new(PeerAddr => $ARGV[3], PeerPort => $port) || die "$ARGV[3]: $!";
		my $both = IO::Select->new($client, $host);
		while (my @ready = $both->can_read) {
			for my $from (@ready) {
				sysread($from, my $bytes, 65536) || exit;
				syswrite $from == $client ? $host : $client, $bytes;
			}
		}
	}
}

if ($what eq 'relay') {
	my $server = listener(Proto => 'udp');
	$SIG{CHLD} = 'IGNORE';
	while (my $from = recv $server, my $question, 4096, 0) {
		next if fork;
		my $resolver = IO::Socket::INET->new(PeerAddr => $ARGV[3], PeerPort => 53, Proto => 'udp')
		    || die "$ARGV[3]: $!";
		send $resolver, $question, 0;
		recv $resolver, my $reply, 4096, 0;
		select undef, undef, undef, $ARGV[4] / 1000;
		send $server, $reply, 0, $from;
		exit;
	}
}

# The name in a question, from byte 12 on, and where it ends.
sub name_in {
	my ($packet) = @_;
	my ($at, @labels) = (12);
	while ((my $len = unpack 'C', substr $packet, $at, 1) > 0) {
		push @labels, lc substr $packet, $at + 1, $len;
		$at += 1 + $len;
	}
	return (join('.', @labels), $at + 1);
}

sub txt { my $t = chr(length $_[0]) . $_[0]; return pack('nnnNn', 0xc00c, 16, 1, 60, length $t) . $t; }
sub a_record { return pack('nnnNnC4', 0xc00c, 1, 1, 0, 4, @_); }

my %asked;

# Name and packet to an answer, or nothing.
sub answer {
	my ($packet, $is_tcp) = @_;
	my ($name, $end) = name_in($packet);
	my $type = unpack 'n', substr $packet, $end, 2;
	my $cd = unpack('n', substr $packet, 2, 2) & 0x10;
	my $question = substr $packet, 12, $end + 4 - 12;
	my $id = unpack 'n', $packet;
	my ($way) = $name =~ /(\w+)\.lie\.test$/ or return;
	my $say = sub {
		my ($flags, $count, $body) = @_;
		return pack('n6', $id, 0x8180 | $flags, 1, $count, 0, 0) . $question . $body;
	};
	my $good = txt('v=STSv1; id=lie1');
	return if $way eq 'drop';
	return $say->(2, 0, '') if $way eq 'servfail';
	return $say->(5, 0, '') if $way eq 'refused';
	# Without validation there is an answer; with it there is none.
	return $say->($cd ? 0 : 2, $cd ? 1 : 0, $cd ? $good : '') if $way eq 'bogus';
	# The first failure was an accident; or what is asked again without validation has an answer
	# and with it none comes.
	if ($way eq 'flaky' || $way eq 'veil') {
		return $say->(0, 1, $good) if $cd;
		return $say->(2, 0, '') if !$asked{"$name $type"}++;
		return $way eq 'flaky' ? $say->(0, 1, $good) : undef;
	}
	# Signed, and the question for TLSA is dropped.
	if ($way eq 'lame') {
		return if $type == 52;
		return $say->(0x20, 1, pack('nnnNnn', 0xc00c, 15, 1, 0, 7, 10) . "\x02mx\xc0\x0c") if $type == 15;
		return $say->(0x20, $type == 1, $type == 1 ? a_record(203, 0, 112, 25) : '');
	}
	# The policy host is somewhere else each time, or at two places at once; 203.0.112.99 refuses.
	if ($way eq 'rebind' || $way eq 'mixed') {
		return $say->(0, 1, $good) if $type == 16 && $name =~ /^_mta-sts/;
		return $say->(0, 0, '') if $type != 1 || $name !~ /^mta-sts/;
		return $say->(0, 2, a_record(127, 0, 0, 1) . a_record(203, 0, 112, 99)) if $way eq 'mixed';
		return $say->(0, 1, $asked{$name}++ ? a_record(127, 0, 0, 1) : a_record(203, 0, 112, 99));
	}
	return $say->(0x20, 1, $good) if $way eq 'ad';
	return $say->(0x200, 0, '') if $way eq 'cut';
	return $say->($is_tcp ? 0 : 0x200, $is_tcp ? 1 : 0, $is_tcp ? $good : '') if $way eq 'tcp';
	return pack('n6', $id ^ 1, 0x8180, 1, 1, 0, 0) . $question . $good if $way eq 'id';
	return $say->(0, 1, pack('nnnNn', 0xc00c, 16, 1, 60, 9999) . 'xx') if $way eq 'length';
	return $say->(0, 9, $good) if $way eq 'count';
	return $say->(0, 1, pack('n', 0xc000 | 12 + length $question) . substr $good, 2) if $way eq 'pointer';
	return $say->(0, 1, $good) . 'more' if $way eq 'trailing';
	return "\0" x 12 if $way eq 'zero';
	return $say->(0, 1, txt("v=STSv1; id=lie1") =~ s/^\xc0\x0c/\x05other\x04test\x00/r) if $way eq 'other';
	return $say->(0, 0, '') if $way eq 'empty';
	return $say->(3, 0, '') if $way eq 'nxdomain';
	return;
}

my $udp = listener(Proto => 'udp');
my $tcp = listener(Listen => 16);
my $select = IO::Select->new($udp, $tcp);
while (1) {
	for my $ready ($select->can_read) {
		my ($in, $out);
		if ($ready == $udp) {
			my $from = recv $udp, $in, 4096, 0;
			$out = answer($in, 0) if length $in > 12;
			send $udp, $out, 0, $from if defined $out;
		} elsif ((my $peer = $tcp->accept)) {
			sysread $peer, $in, 4096;
			$out = answer(substr($in, 2), 1) if length $in > 14;
			syswrite $peer, pack('n', length $out) . $out if defined $out;
			close $peer;
		}
	}
}
