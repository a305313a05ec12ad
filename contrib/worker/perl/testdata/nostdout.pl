#!/usr/bin/perl -w
# SPDX-License-Identifier: Apache-2.0
#
# Standard input and output are not the client's.

package NoStdout;

use strict;
use base qw(Net::Server::PreForkSimple);

NoStdout->run(no_client_stdout => 1);

sub process_request {
    my ($self, $client) = @_;
    print "lost\n";
    while (my $line = <$client>) {
        print { $client } "heard $line";
    }
    print "lost as well\n";
    print { $client } 'standard output is a socket: ', -S STDOUT ? 'yes' : 'no', "\n";
}
