#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
#
# Lets Net::Server read command lines and conf_files, and prints what it has then. The
# file that is named holds a list of cases, in JSON: argv and env; the output is one
# line of JSON for each: the properties, the sockets, and the words that are left.
# With --lines it prints the keys and values of one conf_file alone.
use strict;
use warnings;

package Probe;
use base 'Net::Server::PreFork';

# options are those of every personality and protocol that superd knows.
sub options {
    my ($self, $template) = @_;
    $self->SUPER::options($template);
    my $prop = $self->{'server'};
    $template->{'server_type'} = $prop->{'server_type'} ||= [];
    $template->{$_} = \$prop->{$_} for qw(syslog_logsock syslog_ident syslog_logopt syslog_facility unix_type udp_broadcast udp_recv_len);
    return $template;
}
sub fatal { my ($self, $error) = @_; die "fatal: $error\n" }
sub log {}

package main;
use JSON::PP;

if ($ARGV[0] eq '--lines') {
    print JSON::PP->new->ascii->encode(Probe->new->_read_conf($ARGV[1])), "\n";
    exit;
}
open my $in, '<', $ARGV[0] or die $!;
my $cases = decode_json(do { local $/; <$in> });
my $json = JSON::PP->new->canonical->ascii;
for my $case (@$cases) {
    local @ARGV = @{ $case->{'argv'} };
    local %ENV = (%ENV, %{ $case->{'env'} });
    my $self = Probe->new;
    my %out;
    eval {
        local $SIG{'__WARN__'} = sub { die @_ };
        $self->_initialize;
        my %prop = %{ $self->{'server'} };
        $out{'properties'} = { map { $_ => $prop{$_} } grep { defined($prop{$_}) && (ref($prop{$_}) ne 'ARRAY' || @{ $prop{$_} }) && !/^_|commandline/ } keys %prop };
        $out{'left'} = [@ARGV];
        $out{'sockets'} = [map { { host => $_->{'host'}, port => "$_->{'port'}", proto => $_->{'proto'}, ipv => "$_->{'ipv'}" } } @{ $self->prepared_ports }];
        1;
    } or $out{'error'} = "$@";
    print $json->encode(\%out), "\n";
}
