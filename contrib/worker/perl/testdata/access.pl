#!/usr/bin/perl -w
# SPDX-License-Identifier: Apache-2.0
#
# Every second client is sent away; with --deny or --cidr_allow others as well.

package Access;

use strict;
use base qw(Net::Server::PreForkSimple);

Access->run;

sub allow_deny_hook {
    my ($self, $client) = @_;
    print 'The hook has ', ref $client && $client->can('NS_proto') ? $client->NS_proto : 'no client', ".\n";
    return $self->{server}{requests} % 2;
}

sub request_denied_hook {
    my ($self, $client) = @_;
    print 'Go away, number ', $self->{server}{requests}, ', said to ', $client->NS_proto, ".\n";
}

sub process_request {
    my $self = shift;
    my $line = <STDIN>;
    print "Welcome, number $self->{server}{requests}: $line";
}

sub post_process_request_hook {
    my ($self, $ok) = @_;
    print 'Served: ', $ok ? 'yes' : 'no', ".\n";
}
