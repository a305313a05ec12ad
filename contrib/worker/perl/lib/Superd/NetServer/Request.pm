# SPDX-License-Identifier: Apache-2.0
package Superd::NetServer::Request;

# One client, from the connection to its close.

use strict;
use warnings;

use Socket ();

sub run_client_connection {
    my ($self) = @_;
    my $client = $self->{server}{client};
    $self->post_accept($client);
    $self->get_client_info($client);
    $self->post_accept_hook($client);
    my $ok = $self->allow_deny($client) && $self->allow_deny_hook($client);
    $ok ? $self->process_request($client) : $self->request_denied_hook($client);
    $self->post_process_request_hook($ok);
    $self->post_process_request;
    $self->post_client_connection_hook;
    return;
}

# post_accept makes the client standard input and output.
sub post_accept {
    my ($self, $client) = @_;
    my $prop = $self->{server};
    $client ||= $prop->{client};
    $prop->{requests}++;
    return if $prop->{udp_true} || $prop->{no_client_stdout};
    close STDIN;     # or descriptors 0 and 1 would not be these
    close STDOUT;
    if ($prop->{tie_client_stdout}) {
        _null();
        tie *STDIN,  'Superd::NetServer::TiedHandle', $client, $prop->{tied_stdin_callback};
        tie *STDOUT, 'Superd::NetServer::TiedHandle', $client, $prop->{tied_stdout_callback};
    } else {
        my $fd = fileno $client;
        open STDIN,  '<&', $fd or die "Couldn't open STDIN to the client socket: $!";
        open STDOUT, '>&', $fd or die "Couldn't open STDOUT to the client socket: $!";
    }
    STDIN->autoflush(1);
    STDOUT->autoflush(1);
    select STDOUT;
    return;
}

# get_client_info says who is there. What superd says of a connection is taken; of
# other sockets the kernel is asked.
sub get_client_info {
    my ($self, $client) = @_;
    my $prop = $self->{server};
    $client ||= $prop->{client};
    delete @$prop{qw(sockaddr sockport peeraddr peerport peerhost peerhost_rev peername)};
    my $logged = ($prop->{log_level} || 0) >= 3;
    if ($client->NS_proto =~ /^UNIX/) {
        $self->log(3, $self->log_time . ' CONNECT ' . $client->NS_proto . ' Socket: "' . $client->NS_port . '"') if $logged;
        return;
    }
    if ($prop->{udp_true}) {
        $prop->{peername} = $prop->{udp_peer};
    } else {
        $prop->{peername} = getpeername $client;
    }
    if (my $facts = $prop->{superd}) {
        @$prop{qw(peeraddr peerport)} = Superd::Worker::Connection::address($facts->{peer});
        @$prop{qw(sockaddr sockport)} = Superd::Worker::Connection::address($facts->{local});
    } else {
        @$prop{qw(peeraddr peerport)} = _numeric($prop->{peername});
        @$prop{qw(sockaddr sockport)} = _numeric(getsockname $client);
    }
    $self->_look_up if $prop->{reverse_lookups} && defined $prop->{peername};
    $self->log(3, $self->log_time . ' CONNECT ' . $client->NS_proto
        . qq( Peer: "[$prop->{peeraddr}]:$prop->{peerport}") . ($prop->{peerhost} ? " ($prop->{peerhost}) " : '')
        . qq( Local: "[$prop->{sockaddr}]:$prop->{sockport}")) if $logged;
    return;
}

# _numeric gives address and port; of a client that has gone, what Net::Server gives.
sub _numeric {
    my ($name) = @_;
    if (defined $name && length $name) {
        my ($error, $host, $port) = Socket::getnameinfo($name, Socket::NI_NUMERICHOST() | Socket::NI_NUMERICSERV());
        return ($host, $port) if !$error;
    }
    return ('0.0.0.0', 0);
}

# _look_up asks for the client's name: only where it has one, and never its address
# in place of a name.
sub _look_up {
    my ($self) = @_;
    my $prop = $self->{server};
    my ($error, $host) = Socket::getnameinfo($prop->{peername}, Socket::NI_NAMEREQD());
    return if $error;
    $prop->{peerhost} = $host;
    return if !$prop->{double_reverse_lookups};
    my ($failed, @found) = Socket::getaddrinfo($host, '', {socktype => Socket::SOCK_STREAM()});
    $prop->{peerhost_rev} = {map { (_numeric($_->{addr}))[0] => 1 } @found} if !$failed;
    return;
}

sub post_process_request {
    my ($self) = @_;
    $self->close_client_stdout;
    return;
}

sub close_client_stdout {
    my ($self) = @_;
    my $prop = $self->{server};
    return if $prop->{udp_true};
    if (!$prop->{no_client_stdout}) {
        untie *STDOUT;
        untie *STDIN;
        _null();
    }
    $prop->{client}->close if $prop->{client};
    return;
}

sub _null {
    open STDIN,  '<', '/dev/null' or die "Cannot read /dev/null  [$!]";
    open STDOUT, '>', '/dev/null' or die "Cannot write /dev/null [$!]";
    return;
}

sub post_accept_hook            { }
sub allow_deny_hook             { 1 }
sub request_denied_hook         { }
sub post_process_request_hook   { }
sub post_client_connection_hook { }

# process_request is an echo, to be overridden. It is Net::Server's without the words
# by which a client reads properties and stops the server.
sub process_request {
    my ($self, $client) = @_;
    my $prop = $self->{server};
    return ($client || $prop->{client})->send(qq(You said "$prop->{udp_data}"), 0) if $prop->{udp_true};
    print 'Welcome to "' . ref($self) . qq(" ($$)\r\n);
    my $before = alarm 30;
    eval {
        local $SIG{ALRM} = sub { die "Timed Out!\n" };
        while (defined(my $line = <STDIN>)) {
            $line =~ s/[\r\n]+$//;
            print ref($self) . qq(:$$: You said "$line"\r\n);
            last if $line =~ /quit/;
            alarm 30;
        }
        alarm $before;
    };
    alarm 0;
    print "Timed Out.\r\n" if $@ eq "Timed Out!\n";
    return;
}

# The handle of tie_client_stdout calls the client's methods, or a callback with the
# client, the method's name and its arguments.
package Superd::NetServer::TiedHandle;

sub TIEHANDLE { my $class = shift; return bless [@_], $class }

sub _call {
    my ($method, $self, @args) = @_;
    my ($client, $callback) = @$self;
    return $callback->($client, $method, @args) if $callback;
    return $client->$method(@args);
}

sub READLINE { unshift @_, 'getline';  wantarray ? do { my @lines; while (defined(my $l = &_call)) { push @lines, $l } @lines } : &_call }
sub PRINT    { my $self = shift; _call('print', $self, @_) }
sub PRINTF   { my $self = shift; _call('printf', $self, @_) }
sub WRITE    { my $self = shift; _call('syswrite', $self, @_) }
sub CLOSE    { my $self = shift; _call('close', $self, @_) }
sub GETC     { my $self = shift; _call('getc', $self, @_) }

# READ is read and sysread alike; its buffer is the caller's own variable.
sub READ {
    my $self = shift;
    my ($client, $callback) = @$self;
    return $callback->($client, 'read', @_) if $callback;
    return $client->sysread(@_);
}
sub BINMODE { }
sub FILENO  { fileno $_[0][0] }

1;
