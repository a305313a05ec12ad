# SPDX-License-Identifier: Apache-2.0
#
# The pools' handler in Perl without Net::Server's manners: reads a line, answers with
# it, closes.

use strict;
use warnings;

use Superd::Worker;

Superd::Worker->run(sub {
    my $client = $_[0]->fh;
    my $line   = <$client>;
    print $client $line if defined $line;
});
