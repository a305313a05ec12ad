#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
#
# Sends each client what it receives.
#
#     superd serve --port 7777 --mode prefork --worker pass -- ./echo.pl
#
# With --slots 20 on superd's side: ./echo.pl forking.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib";
use Superd::Worker;

sub echo {
    my ($conn) = @_;
    while (sysread $conn->fh, my $data, 65536) {
        while (length $data) {
            my $n = syswrite $conn->fh, $data;
            return if !defined $n;
            substr($data, 0, $n) = '';
        }
    }
}

my $kind = @ARGV ? $ARGV[0] : '';
if ($kind eq 'forking') {
    Superd::Worker->run_forking(\&echo);
} elsif ($kind eq '') {
    Superd::Worker->run(\&echo);
} else {
    die "usage: echo.pl [forking]\n";
}
