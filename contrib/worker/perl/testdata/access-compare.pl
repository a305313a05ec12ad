#!/usr/bin/perl -w
# SPDX-License-Identifier: Apache-2.0
#
# Asks Net::Server's allow_deny and ours the same questions, and prints where the
# answers are not the same. Left out is what README.md says is otherwise: alternatives
# in patterns, and blocks that are an address alone, of which Net::Server dies.

use strict;
use Net::Server;
use Superd::NetServer;

my ($seed, $rounds) = @ARGV;
srand $seed;

my @addresses = qw(127.0.0.1 10.0.0.1 10.0.0.2 10.255.255.255 192.168.1.77 192.168.2.1 ::1 2001:db8::1 2001:db8:0:1::2 ::ffff:10.0.0.1 0.0.0.0 255.255.255.255);
my @patterns = ('127\..*', '10\.0\.0\.\d', '.*', '192', '.*\.1', '', '10.0.0.1', '::1', '.*:.*', '\d+\.\d+', 'client\..*');
my @blocks = qw(127.0.0.0/8 10.0.0.0/8 10.0.0.1/32 10.0.0.2/31 192.168.0.0/16 0.0.0.0/0 192.168.1.64/26 10.0.0.1-10.0.0.9 2001:db8::/32 ::1/128 2001:db8:0:1::/64);
my @hosts = (undef, 'client.example', 'other');

package Peer;
sub NS_proto { 'TCP' }

package main;

sub some {
    my @from = @_;
    return [map { $from[rand @from] } 1 .. int rand 3];
}

my $asked = 0;
for (1 .. $rounds) {
    my %prop = (
        allow => some(@patterns), deny => some(@patterns), cidr_allow => some(@blocks), cidr_deny => some(@blocks),
        peeraddr => $addresses[rand @addresses], reverse_lookups => int rand 2, peerhost => $hosts[rand @hosts],
        log_level => 0,
    );
    if (rand() < 0.2) {
        $prop{double_reverse_lookups} = ('1', 'autofail', 'detail')[rand 3];
        $prop{peerhost_rev} = (undef, {'10.0.0.1' => 1, '::1' => 1}, {$prop{peeraddr} => 1})[rand 3];
    }
    my $client = bless {}, 'Peer';
    my ($theirs, $ours) = map { $_->new({%prop, client => $client})->allow_deny($client) ? 1 : 0 } qw(Net::Server Superd::NetServer);
    $asked++;
    next if $theirs == $ours;
    print "Net::Server: $theirs, ours: $ours, for ",
        join(' ', map { my $v = $prop{$_}; "$_=" . (ref $v eq 'ARRAY' ? "[@$v]" : ref $v ? join ',', keys %$v : defined $v ? $v : 'undef') } sort keys %prop), "\n";
}
print "$asked questions\n";
