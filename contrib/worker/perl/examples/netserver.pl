#!/usr/bin/perl -w
# SPDX-License-Identifier: Apache-2.0
#
# An echo as it is written for Net::Server, with superd's base class.
#
#     superd serve --port 7777 --mode prefork --worker pass -- ./netserver.pl

package Echo;

use strict;
use FindBin;
use lib "$FindBin::Bin/../lib";
use base qw(Superd::NetServer);

Echo->run;

sub process_request {
    my $self = shift;
    while (sysread STDIN, my $data, 65536) {
        while (length $data) {
            my $n = syswrite STDOUT, $data;
            return if !defined $n;
            substr($data, 0, $n) = '';
        }
    }
}
