#!/usr/bin/perl -w
# SPDX-License-Identifier: Apache-2.0
#
# A handler with a time limit for each line, as the documentation advises.

package Slow;

use strict;
use base qw(Net::Server::PreForkSimple);

Slow->run;

sub process_request {
    my $self = shift;
    eval {
        local $SIG{ALRM} = sub { die "Timed Out!\n" };
        my $before = alarm 1;
        while (my $line = <STDIN>) {
            $line =~ s/\r?\n$//;
            print "You said '$line'\r\n";
            alarm 1;
        }
        alarm $before;
    };
    print STDOUT "Timed Out.\r\n" if $@ =~ /timed out/i;
}
