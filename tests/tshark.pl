# Rows of hellos as tests/tshark.awk makes them, with JA4 and the certificate's SHA-256 in place of
# what they are made of: tshark 4.0 names neither.
#
# JA4 by its description (FoxIO, technical details of JA4), from tshark's fields alone.
use strict;
use warnings;
use Digest::SHA qw(sha256_hex);

my %version = (0x0304, '13', 0x0303, '12', 0x0302, '11', 0x0301, '10', 0x0300, 's3', 0x0002, 's2');

sub is_grease { ($_[0] & 0x0f0f) == 0x0a0a && $_[0] >> 8 == ($_[0] & 0xff) }

sub numbers { grep { !is_grease($_) } map { /^0x/ ? hex : $_ } split /\037/, $_[0] }

sub digest { @_ ? substr(sha256_hex($_[0]), 0, 12) : '000000000000' }

# signature_algorithms (13), signature_algorithms_cert (50) and delegated_credentials (34) all
# appear as sig_hash_alg, in the order of the extensions; the first is meant.
sub signature_algorithms {
	my ($extensions, $all, $lengths) = @_;
	my @lengths = split /\037/, $lengths;
	my @all = map { hex } split /\037/, $all;

	for my $extension (grep { $_ == 13 || $_ == 50 || $_ == 34 } @$extensions) {
		my @these = splice @all, 0, shift(@lengths) / 2;
		return grep { !is_grease($_) } @these if $extension == 13;
	}
	return ();
}

sub two_digits { sprintf '%02d', $_[0] > 99 ? 99 : $_[0] }

sub ja4 {
	my ($legacy, $ciphers, $supported, $extensions, $alpn, $algorithms, $lengths) = @_;
	my @ciphers = numbers($ciphers);
	my @extensions = numbers($extensions);
	my ($best) = sort { $b <=> $a } numbers($supported);
	my $name = (split /\037/, $alpn)[0] // '';
	my @rest = sort map { sprintf '%04x', $_ } grep { $_ != 0 && $_ != 16 } @extensions;
	my $rest = join ',', @rest;
	my @algorithms = signature_algorithms(\@extensions, $algorithms, $lengths);

	$rest .= '_' . join ',', map { sprintf '%04x', $_ } @algorithms if @algorithms;
	return 't' . ($version{ $best // $legacy } // '00') .
	    ((grep { $_ == 0 } @extensions) ? 'd' : 'i') .
	    two_digits(scalar @ciphers) . two_digits(scalar @extensions) .
	    ($name eq '' ? '00' : substr($name, 0, 1) . substr($name, -1)) . '_' .
	    digest(@ciphers ? join ',', sort map { sprintf '%04x', $_ } @ciphers : ()) . '_' .
	    digest(@rest ? $rest : ());
}

while (<STDIN>) {
	chomp;
	my ($suite, $file, $stream, $number, $type, $version, $ciphers, $supported, $sni, $ja3,
	    $certificate, $extensions, $alpn, $algorithms, $lengths) = split /\t/, $_, -1;
	my @first = map { (split /\037/, $_)[0] // '' } $version, $ciphers, $supported, $sni, $ja3,
	    $certificate;
	my $der = pack 'H*', pop(@first) =~ tr/://dr;

	$_ = $_ eq '' ? '' : hex for @first[0 .. 2];
	print join("\t", $suite, $file, $stream, $number, $type, @first,
	    $type == 1 ? ja4($first[0], $ciphers, $supported, $extensions, $alpn, $algorithms, $lengths) : '',
	    $type == 11 ? sha256_hex($der) : ''), "\n";
}
