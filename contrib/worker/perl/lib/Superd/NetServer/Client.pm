# SPDX-License-Identifier: Apache-2.0
package Superd::NetServer::Client;

# Sockets as programs know them from Net::Server: IO::Socket's, with the methods NS_….

use strict;
use warnings;

use IO::Socket::IP  ();
use IO::Socket::UNIX ();
use Socket qw(AF_UNIX AF_INET AF_INET6 IPPROTO_TCP SOL_SOCKET SO_TYPE SO_PROTOCOL SO_DOMAIN SOCK_DGRAM SOCK_STREAM SOCK_SEQPACKET);

use Superd::Worker;

# adopt makes an open handle one of these by what it is.
sub adopt {
    my ($handle) = @_;
    my ($type, $protocol, $domain) =
        map { unpack 'i', getsockopt($handle, SOL_SOCKET, $_) || die "cannot use a descriptor as a socket: $!\n" } SO_TYPE, SO_PROTOCOL, SO_DOMAIN;
    my $datagram = $type == SOCK_DGRAM;
    my $socket = _make($handle, $domain == AF_UNIX ? $datagram ? 'UNIXDGRAM' : 'UNIX' : $datagram ? 'UDP' : 'TCP', $domain, $type, $protocol);
    my ($port, $host) = $domain == AF_UNIX ? ($socket->hostpath, '*') : ($socket->sockport, $socket->sockhost);
    $port = '' if !defined $port;
    $port =~ s/\A\0/@/;    # an abstract name
    @{*$socket}{qw(NS_port NS_host)} = ($port, $host);
    return $socket;
}

# passed makes the descriptor of a connection one of these by what superd says of it.
sub passed {
    my ($facts) = @_;
    open my $handle, '+<&=', $facts->{fd} or die "cannot use connection $facts->{id}: $!\n";
    if ($facts->{network} ne 'tcp') {
        my $socket = _make($handle, 'UNIX', AF_UNIX, $facts->{network} eq 'unixpacket' ? SOCK_SEQPACKET : SOCK_STREAM, 0);
        @{*$socket}{qw(NS_port NS_host)} = ($facts->{local}, '*');
        return $socket;
    }
    my $socket = _make($handle, 'TCP', $facts->{local} =~ /\A\[/ ? AF_INET6 : AF_INET, SOCK_STREAM, IPPROTO_TCP);
    @{*$socket}{qw(NS_host NS_port)} = Superd::Worker::Connection::address($facts->{local});
    return $socket;
}

sub _make {
    my ($handle, $kind, $domain, $type, $protocol) = @_;
    my $socket = bless $handle, "Superd::NetServer::Client::$kind";
    my $selected = select $socket;
    $| = 1;
    select $selected;
    @{*$socket}{qw(io_socket_domain io_socket_type io_socket_proto NS_ipv)} =
        ($domain, $type, $protocol, $domain == AF_INET ? 4 : $domain == AF_INET6 ? 6 : '*');
    return $socket;
}

sub NS_port       { my $s = shift; ${*$s}{NS_port}       = shift if @_; ${*$s}{NS_port} }
sub NS_host       { my $s = shift; ${*$s}{NS_host}       = shift if @_; ${*$s}{NS_host} }
sub NS_ipv        { my $s = shift; ${*$s}{NS_ipv}        = shift if @_; ${*$s}{NS_ipv} }
sub NS_listen     { my $s = shift; ${*$s}{NS_listen}     = shift if @_; ${*$s}{NS_listen} }
sub NS_recv_len   { my $s = shift; ${*$s}{NS_recv_len}   = shift if @_; ${*$s}{NS_recv_len} || 4096 }
sub NS_recv_flags { my $s = shift; ${*$s}{NS_recv_flags} = shift if @_; ${*$s}{NS_recv_flags} || 0 }

sub hup_string {
    my ($s) = @_;
    return join '|', $s->NS_host, $s->NS_port, $s->NS_proto, 'ipv' . $s->NS_ipv;
}

sub show {
    my ($s) = @_;
    return 'Ref = "' . ref($s) . '" (' . $s->hup_string . ")\n";
}

sub poll_cb { $_[1]->($_[0]) }

# read_until reads so many bytes, or until what was read matches, or to the end.
sub read_until {
    my ($s, $bytes, $end) = @_;
    defined $bytes || defined $end or die "One of bytes or end_qr should be defined for read_until\n";
    my ($content, $ok) = ('', 0);
    while (!$ok && $s->read($content, 1, length $content)) {
        $ok = 2 if defined $bytes && length $content >= $bytes;
        $ok = 1 if !$ok && defined $end && $content =~ $end;
    }
    return wantarray ? ($ok, $content) : $content;
}

# _accepted gives an accepted client its listener's name.
sub _accepted {
    my ($s, $client) = @_;
    @{*$client}{qw(NS_port NS_host NS_ipv)} = @{*$s}{qw(NS_port NS_host NS_ipv)} if $client;
    return $client;
}

package Superd::NetServer::Client::TCP;
our @ISA = qw(Superd::NetServer::Client IO::Socket::IP);
sub NS_proto { 'TCP' }
sub accept { my $s = shift; $s->_accepted(scalar $s->IO::Socket::IP::accept(@_)) }

package Superd::NetServer::Client::UDP;
our @ISA = qw(Superd::NetServer::Client IO::Socket::IP);
sub NS_proto { 'UDP' }

package Superd::NetServer::Client::UNIX;
our @ISA = qw(Superd::NetServer::Client IO::Socket::UNIX);
sub NS_proto { 'UNIX' }
sub accept { my $s = shift; $s->_accepted(scalar $s->IO::Socket::UNIX::accept(@_)) }

package Superd::NetServer::Client::UNIXDGRAM;
our @ISA = qw(Superd::NetServer::Client IO::Socket::UNIX);
sub NS_proto { 'UNIXDGRAM' }

1;
