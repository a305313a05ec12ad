#!/usr/bin/perl -w
# SPDX-License-Identifier: Apache-2.0
#
# Standard input and output go through callbacks.

package Tied;

use strict;
use base qw(Net::Server::PreForkSimple);

my @calls;

Tied->run(
    tie_client_stdout    => 1,
    tied_stdin_callback  => sub {
        my ($client, $method, @arguments) = @_;
        push @calls, "in $method";
        return $client->$method(@arguments);
    },
    tied_stdout_callback => sub {
        my ($client, $method, @arguments) = @_;
        push @calls, "out $method";
        return $client->$method(map { uc } @arguments);
    },
);

sub process_request {
    my ($self, $client) = @_;
    @calls = ();
    my $line = <STDIN>;
    print "line: $line";
    printf "%s and %s\n", 'this', 'that';
    read STDIN, my $text, 3;
    print "read: $text\n";
    print { $client } "calls: @calls\n";
}
