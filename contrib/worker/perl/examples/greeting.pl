#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
#
# Greets each client in one line.
#
#     superd serve --port 7777 --mode prefork --worker pass -- ./greeting.pl

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Superd::Worker;

my $greeting = Superd::Worker->conf('greeting');
$greeting = 'Hello' if !defined $greeting;

Superd::Worker->run(sub {
    my ($conn) = @_;
    my $client = $conn->network eq 'tcp' ? $conn->peer_address : 'neighbour';
    print { $conn->fh } "$greeting, $client!\n";
});
