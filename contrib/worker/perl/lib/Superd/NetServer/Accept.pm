# SPDX-License-Identifier: Apache-2.0
package Superd::NetServer::Accept;

# worker = "accept": the listening sockets from descriptor 3 on, as sd_listen_fds(3)
# has them, with a lock where there are several and a channel for reports.
#
# Owns: the sockets, which stay open to the end.

use strict;
use warnings;

use Errno qw(EINTR EAGAIN EWOULDBLOCK ECONNABORTED);
use Fcntl qw(LOCK_EX LOCK_UN F_GETFD F_SETFD FD_CLOEXEC);
use Socket qw(SOL_SOCKET SO_TYPE SO_ACCEPTCONN SOCK_DGRAM SOCK_SEQPACKET MSG_NOSIGNAL MSG_DONTWAIT);

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
    delete @ENV{qw(LISTEN_FDS LISTEN_PID LISTEN_FDNAMES)};    # programs that are run have no part in it
    for my $fd (FIRST .. FIRST + $count) {    # superd's channel, last, is not counted
        open my $handle, '+<&=', $fd or next;
        my $type = getsockopt $handle, SOL_SOCKET, SO_TYPE;
        $type = defined $type ? unpack 'i', $type : -1;
        if ($type == SOCK_DGRAM || $type >= 0 && unpack 'i', getsockopt $handle, SOL_SOCKET, SO_ACCEPTCONN) {
            push @{ $self->{sockets} }, Superd::NetServer::Client::adopt($handle);
        } elsif ($type == SOCK_SEQPACKET) {
            $self->{report} = $handle;
        } elsif ($type < 0 && $fd < FIRST + $count) {
            $self->{lock} = $handle;
        } else {
            push @{ $self->{others} }, $handle;    # not ours to close
            next;
        }
        fcntl $handle, F_SETFD, (fcntl($handle, F_GETFD, 0) || 0) | FD_CLOEXEC;
    }
    @{ $self->{sockets} } or die "none of the $count descriptors from 3 on is a listening or datagram socket\n";
    return $self;
}

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
        my $socket = $self->{sockets}[0];
        my @client;
        if (@{ $self->{sockets} } == 1) {
            @client = _take($socket, 0);
        } else {
            next if $self->{lock} && !flock $self->{lock}, LOCK_EX;
            $socket = $self->_readable;
            if ($socket && !$handled->($socket)) { @client = _take($socket, MSG_DONTWAIT) }
            my $error = $!;
            flock $self->{lock}, LOCK_UN if $self->{lock};
            $! = $error;
            next if !$socket;
        }
        return ($socket, @client) if @client;
        next if $! == EINTR || $! == EAGAIN || $! == EWOULDBLOCK || $! == ECONNABORTED || !$!;
        select undef, undef, undef, 0.1;    # out of descriptors or memory: the client waits in the kernel
    }
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
    my ($socket, $flags) = @_;
    if ($socket->NS_proto =~ /\AUDP|DGRAM\z/) {
        my $text = '';
        my $from = $socket->recv($text, $socket->NS_recv_len, $socket->NS_recv_flags | $flags);
        return defined $from ? ($socket, $text, $from) : ();
    }
    my $client = $socket->accept;
    return $client ? $client : ();
}

1;
