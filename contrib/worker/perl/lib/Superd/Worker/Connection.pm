# SPDX-License-Identifier: Apache-2.0
package Superd::Worker::Connection;

# A client's connection and what superd says of it.

use strict;
use warnings;

use IO::Handle ();

# new makes one of the facts of a conn message.
sub new {
    my ($class, $facts, $conf) = @_;
    open my $fh, '+<&=', $facts->{fd} or die "cannot use connection $facts->{id}: $!\n";
    binmode $fh;
    $fh->autoflush(1);
    return bless {%$facts, fh => $fh, conf => $conf}, $class;
}

sub id      { $_[0]{id} }         # a decimal number, as a string: up to 2^63-1
sub fh      { $_[0]{fh} }         # the socket, of bytes, flushed at each print
sub service { $_[0]{service} }
sub network { $_[0]{network} }    # tcp, unix or unixpacket
sub peer    { $_[0]{peer} }       # ADDRESS:PORT; undef for unix
sub local   { $_[0]{local} }      # the same of our end; for unix the path
sub uid     { $_[0]{uid} }        # who a unix client was when it connected
sub gid     { $_[0]{gid} }
sub pid     { $_[0]{pid} }

# peer_address, peer_port, local_address, local_port are undef for unix.
sub peer_address  { (address($_[0]{peer}))[0] }
sub peer_port     { (address($_[0]{peer}))[1] }
sub local_address { $_[0]{network} eq 'tcp' ? (address($_[0]{local}))[0] : undef }
sub local_port    { $_[0]{network} eq 'tcp' ? (address($_[0]{local}))[1] : undef }

# conf is Superd::Worker->conf.
sub conf {
    my ($self, @key) = @_;
    return Superd::Worker->conf(@key);
}

# close closes the connection; a second time does nothing.
sub close {
    my ($self) = @_;
    CORE::close $self->{fh} if defined fileno $self->{fh};
    return;
}

# address takes ADDRESS:PORT apart; an IPv6 address stands in brackets.
sub address {
    my ($text) = @_;
    return (undef, undef) if !defined $text || $text !~ /\A\[?([^\]]*?)\]?:([0-9]+)\z/;
    return ($1, $2);
}

# who names the connection in the log.
sub who {
    my ($self) = @_;
    my $client = defined $self->{peer} ? $self->{peer} : defined $self->{uid} ? "uid $self->{uid}" : $self->{network};
    return "connection $self->{id} of $self->{service}, from $client";
}

1;
