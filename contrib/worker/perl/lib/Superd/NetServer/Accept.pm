# SPDX-License-Identifier: Apache-2.0
package Superd::NetServer::Accept;

# worker = "accept": the listening sockets from descriptor 3 on, as sd_listen_fds(3)
# has them, a lock among them where there are several, and a channel for reports.
#
# Owns: the sockets, which stay open to the end.

use strict;
use warnings;

use Errno qw(EINTR EAGAIN ECONNABORTED);
use Fcntl qw(LOCK_EX LOCK_UN F_GETFD F_SETFD FD_CLOEXEC);
use Socket qw(SOL_SOCKET SO_TYPE SO_ACCEPTCONN SOCK_DGRAM MSG_NOSIGNAL MSG_DONTWAIT);

use Superd::NetServer::Client;

use constant FIRST => 3;

# given tells whether this process was started with sockets.
sub given {
    return ($ENV{LISTEN_PID} || '') eq $$ && ($ENV{LISTEN_FDS} || '') =~ /\A[1-9][0-9]*\z/;
}

sub new {
    my ($class) = @_;
    my $self = bless {sockets => []}, $class;
    my ($count) = $ENV{LISTEN_FDS} =~ /\A([0-9]+)\z/;
    for my $fd (FIRST .. FIRST + $count - 1) {
        my $handle = _open($fd) or next;
        my $type = getsockopt $handle, SOL_SOCKET, SO_TYPE;
        if (!defined $type) {
            $self->{lock} = $handle;
        } elsif (unpack('i', $type) == SOCK_DGRAM || unpack 'i', getsockopt $handle, SOL_SOCKET, SO_ACCEPTCONN) {
            push @{ $self->{sockets} }, Superd::NetServer::Client::adopt($handle);
        }
    }
    @{ $self->{sockets} } or die "none of the $count descriptors from 3 on is a listening or datagram socket\n";
    $self->{report} = _open($1) if ($ENV{SUPERD_REPORTS} || '') ne 'no' && ($ENV{SUPERD_STATUS_FD} || '') =~ /\A([0-9]+)\z/;

    # superd counts by the reports, and has another worker ready before it ends one.
    $self->{most} = $1 if !$self->{report} && ($ENV{SUPERD_MAX_REQUESTS} || '') =~ /\A([0-9]+)\z/;
    delete @ENV{qw(LISTEN_FDS LISTEN_PID LISTEN_FDNAMES SUPERD_STATUS_FD SUPERD_REPORTS SUPERD_MAX_REQUESTS)};    # programs that are run have no part in it
    open STDIN, '<', '/dev/null' or die "Cannot read /dev/null  [$!]\n";                          # it is the first socket once more
    return $self;
}

sub _open {
    my ($fd) = @_;
    open my $handle, '+<&=', $fd or return undef;
    fcntl $handle, F_SETFD, fcntl($handle, F_GETFD, 0) | FD_CLOEXEC;
    return $handle;
}

# spent tells whether so many clients were enough.
sub spent { defined $_[0]{most} && $_[1] >= $_[0]{most} }

sub sockets { @{ $_[0]{sockets} } }

# report tells superd what the worker does: processing or waiting.
sub report {
    my ($self, $word) = @_;
    send $self->{report}, "$$ $word\n", MSG_NOSIGNAL | MSG_DONTWAIT if $self->{report};
    return;
}

# next waits for a client. It gives the socket that it came by, and the client or, for
# a datagram, its text and who sent it. Nothing after a signal that $stop answers.
# $handled($socket) may deal with a socket by itself.
sub next {
    my ($self, $stop, $handled) = @_;
    while (!$stop->()) {
        my ($socket, @client) = @{ $self->{sockets} } == 1 ? ($self->{sockets}[0]) : $self->_choose($handled);
        next if !$socket;
        $! = 0;
        @client = _take($socket);
        my $error = $!;
        flock $self->{lock}, LOCK_UN if $self->{lock};
        return ($socket, @client) if @client;
        next if grep { $error == $_ } 0, EINTR, EAGAIN, ECONNABORTED;
        select undef, undef, undef, 0.1;    # out of descriptors or memory: the client waits in the kernel
    }
    return;
}

# _choose waits until one of several sockets is readable, and leaves the lock held
# around what follows.
sub _choose {
    my ($self, $handled) = @_;
    if ($self->{lock} && !flock $self->{lock}, LOCK_EX) {
        return if $! == EINTR;
        die "cannot lock the sockets: $!\n";
    }
    my $socket = $self->_readable;
    return $socket if $socket && !$handled->($socket);
    flock $self->{lock}, LOCK_UN if $self->{lock};
    return;
}

sub _readable {
    my ($self) = @_;
    my $set = '';
    vec($set, fileno $_, 1) = 1 for @{ $self->{sockets} };
    return undef if select($set, undef, undef, undef) <= 0;
    my @ready = grep { vec $set, fileno $_, 1 } @{ $self->{sockets} };
    return $ready[rand @ready];
}

sub _take {
    my ($socket) = @_;
    if ($socket->NS_proto =~ /\AUDP|DGRAM\z/) {
        my $text = '';
        my $from = $socket->recv($text, $socket->NS_recv_len, $socket->NS_recv_flags);
        return defined $from ? ($socket, $text, $from) : ();
    }
    my $client = $socket->accept;
    return $client ? $client : ();
}

1;
