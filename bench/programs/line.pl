# SPDX-License-Identifier: Apache-2.0
#
# line.pl BASE [OPTION...]: the pools' handler as a program of Net::Server's: reads a
# line, answers with it, closes. Its base class, and nothing else, says who serves.

package Line;

use strict;
use warnings;

our @ISA;

BEGIN {
    my $base = shift @ARGV or die "usage: line.pl BASE [OPTION...]\n";
    (my $file = "$base.pm") =~ s{::}{/}g;
    require $file;
    @ISA = ($base);
}

sub process_request {
    my $line = <STDIN>;
    print $line if defined $line;
}

__PACKAGE__->run;
