#!/usr/bin/perl
# SMTP sessions as a capture: reads lines "SECONDS CLIENT SERVER WHAT [DOMAIN]" on standard input and
# writes a pcap to standard output, of raw IP packets, or with "ethernet" as its argument of frames. A second
# argument is the first client's port, else 20000.
# WHAT: "tls" is offered STARTTLS, asks for it and is told 220, which ends what is captured; "reset" gets
# a reset then; "clear" is not offered it and sends a mail to DOMAIN; "begun" is the same up to the
# recipient, where it stays; "unused" is offered it and sends one; "idle" is offered it and goes; "helo" is
# refused EHLO, says HELO and goes.
use strict;
use warnings;

my %seq;
my $now;
my $frame = @ARGV && $ARGV[0] eq 'ethernet' ? pack('H*', '020000000002' . '020000000001' . '0800') : '';

sub checksum {
	my $sum = 0;
	my $bytes = shift;

	$bytes .= "\0" if length($bytes) % 2;
	$sum += $_ for unpack 'n*', $bytes;
	$sum = ($sum & 0xffff) + ($sum >> 16) while $sum >> 16;
	return ~$sum & 0xffff;
}

sub address { return pack 'C4', split /\./, shift; }

sub packet {
	my ($from, $from_port, $to, $to_port, $flags, $text) = @_;
	my ($me, $other) = ("$from:$from_port", "$to:$to_port");
	my $tcp = pack 'nnNNCCnnn', $from_port, $to_port, $seq{$me}, $flags & 0x10 ? $seq{$other} : 0,
	    0x50, $flags, 64240, 0, 0;
	my $pseudo = address($from) . address($to) . pack 'CCn', 0, 6, length($tcp) + length $text;
	substr $tcp, 16, 2, pack 'n', checksum($pseudo . $tcp . $text);
	my $ip = pack 'CCnnnCCn', 0x45, 0, 20 + length($tcp) + length $text, 1, 0x4000, 64, 6, 0;
	$ip .= address($from) . address($to);
	substr $ip, 10, 2, pack 'n', checksum($ip);
	my $bytes = $frame . $ip . $tcp . $text;

	print pack('VVVV', int $now / 1e6, $now % 1e6, (length $bytes) x 2), $bytes;
	$now += 1000;
	$seq{$me} += length($text) + ($flags & 3 ? 1 : 0);
}

sub session {
	my ($client, $port, $server, $what, $domain) = @_;
	my @c = ($client, $port, $server, 25);
	my @s = ($server, 25, $client, $port);
	my $keyword = $what =~ /^(clear|begun)$/ ? '' : "250-STARTTLS\r\n";
	my @dialogue = ("220 mx.example.net ESMTP\r\n", "EHLO out.example.org\r\n",
		"250-mx.example.net\r\n250-PIPELINING\r\n$keyword" . "250 8BITMIME\r\n");

	splice @dialogue, 2, 1, "502 5.5.1 unknown\r\n", "HELO out.example.org\r\n",
	    "250 mx.example.net\r\n" if $what eq 'helo';
	push @dialogue, "STARTTLS\r\n", "220 go ahead\r\n" if $what =~ /^(tls|reset)$/;
	push @dialogue, "MAIL FROM:<a\@example.org>\r\n", "250 ok\r\n",
	    "RCPT TO:<b\@$domain>\r\n", "250 ok\r\n" if $what =~ /^(clear|begun|unused)$/;
	push @dialogue, "DATA\r\n", "354 go\r\n",
	    "Subject: x\r\n\r\nx\r\n.\r\n", "250 kept\r\n" if $what =~ /^(clear|unused)$/;
	push @dialogue, "QUIT\r\n", "221 bye\r\n" if $what !~ /^(tls|reset|begun)$/;
	$seq{"$client:$port"} = 1000;
	$seq{"$server:25"} = 900000;
	packet(@c, 0x02, '');
	packet(@s, 0x12, '');
	packet(@c, 0x10, '');
	for my $i (0 .. $#dialogue) {
		packet($i % 2 ? @c : @s, 0x18, $dialogue[$i]);
	}
	return packet(@s, 0x14, '') if $what eq 'reset';
	return if $what eq 'begun';
	packet(@c, 0x11, '');
	packet(@s, 0x11, '');
	packet(@c, 0x10, '');
}

binmode STDOUT;
print pack 'VvvVVVV', 0xa1b2c3d4, 2, 4, 0, 0, 65535, $frame eq '' ? 101 : 1;
my $port = $ARGV[1] || 20000;
while (<STDIN>) {
	my ($seconds, $client, $server, $what, $domain) = split;

	$now = $seconds * 1e6;
	session($client, $port++, $server, $what, $domain || 'example.net');
}
