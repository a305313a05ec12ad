# SPDX-License-Identifier: Apache-2.0
package Superd::NetServer::Multiplex;

# The base class in place of Net::Server::Multiplex: one process serves many clients
# at once, by methods mux_… that IO::Multiplex calls (Debian: libio-multiplex-perl).
# superd's side: mode = "multiplex", and slots as many as there may be clients.

use strict;
use warnings;

use Errno ();
use Scalar::Util ();

use Superd::NetServer;

our @ISA = qw(Superd::NetServer);

sub net_server_type { __PACKAGE__ }

sub _open {
    my ($self, $way) = @_;
    eval { require IO::Multiplex; IO::Multiplex->VERSION(1.05); 1 }
        or die "Superd::NetServer::Multiplex needs the module IO::Multiplex (Debian: libio-multiplex-perl): $@";
    $self->SUPER::_open($way) or return 0;
    $self->{server}{_how} = 'multiplex' if $way ne 'dequeue';
    return 1;
}

sub _serve_multiplex {
    my ($self) = @_;
    my $prop = $self->{server};
    my $mux = $self->{mux} = IO::Multiplex->new;
    $mux->set_callback_object(Superd::NetServer::Multiplex::Client->_listener($self));
    my @listeners = @{ $prop->{sock} };
    if (my $channel = $prop->{_channel}) {
        @listeners = Superd::NetServer::Multiplex::Channel->_new($self, $channel);
        $channel->ready;
    }
    $_->NS_proto =~ /^UDP|DGRAM$/ ? $mux->add($_) : $mux->listen($_) for @listeners;
    my $leaving = 0;
    $mux->loop(sub {
        return if $leaving || !$self->done;
        $leaving = 1;
        $mux->remove($_) for @listeners;
    });
    $self->server_close;
    return;
}

# post_bind: signals stop the server, which here is this process.
sub post_bind {
    my ($self) = @_;
    $self->SUPER::post_bind;
    $SIG{$_} = sub { $self->server_close } for qw(INT TERM QUIT);
    return;
}

sub server_close {
    my ($self, $status) = @_;
    $self->pre_server_close_hook;
    $self->post_child_cleanup_hook;
    return $self->SUPER::server_close($status);
}

sub pre_server_close_hook   { }
sub post_child_cleanup_hook { }

# setup_client_connection tells whether the client is let in.
sub setup_client_connection {
    my ($self, $mux) = @_;
    my $prop = $self->{server};
    $prop->{requests}++;
    $self->get_client_info;
    $self->post_accept_hook;
    return 1 if $self->allow_deny && $self->allow_deny_hook;
    $self->request_denied_hook;
    $mux->shutdown($prop->{client}, 2);
    return 0;
}

sub mux_connection { }
sub mux_eof        { }
sub mux_close      { }
sub mux_input      { die ref($_[0]{net_server}) . " has no mux_input\n" }
sub mux_timeout    { die ref($_[0]{net_server}) . " has no mux_timeout\n" }

# The channel, as IO::Multiplex sees it: a socket that accepts.
package Superd::NetServer::Multiplex::Channel;
our @ISA = ('IO::Handle');

sub NS_proto { 'CHANNEL' }

sub _new {
    my ($class, $server, $channel) = @_;
    my $self = bless $channel->socket, $class;
    @{*$self}{qw(server channel)} = ($server, $channel);
    return $self;
}

sub accept {
    my ($self) = @_;
    my ($server, $channel) = @{*$self}{qw(server channel)};
    my $message = $channel->receive;
    if (!$message) {
        $server->{mux}->remove($self) if $! != Errno::EAGAIN;    # what is held is served
        return undef;
    }
    my $facts = $channel->take($message) or return undef;
    $server->_begin($facts);
    my $client = $server->{server}{client};
    ${*$client}{superd} = $facts;
    ${*$client}{held} = bless [$channel, $facts->{id}], 'Superd::NetServer::Multiplex::Held';
    return $client;
}

# A connection that is held is done when its handle says so, or is gone.
package Superd::NetServer::Multiplex::Held;

sub DESTROY {
    my ($channel, $id) = @{ $_[0] };
    $channel->done($id) if ${^GLOBAL_PHASE} ne 'DESTRUCT';
    return;
}

# The object whose methods are called: one for the listeners and one for each client,
# of a class that has the program's methods as well. {net_server} is the program's
# own object.
package Superd::NetServer::Multiplex::Client;

sub _class {
    my ($server) = @_;
    my $class = ref($server) . '::_Client';
    no strict 'refs';
    @{"${class}::ISA"} = (__PACKAGE__, ref $server);
    return $class;
}

sub _listener {
    my ($self, $server) = @_;
    return bless {net_server => $server, _listens => 1}, _class($server);
}

sub log { my $self = shift; return $self->{net_server}->log(@_) }

# _call calls the program's method with standard output as the client's. What it dies
# of is the end of this client and not of all.
sub _call {
    my ($self, $method, $mux, $fh, @args) = @_;
    my $linked = !$self->{net_server}{server}{no_client_stdout} && tied *$fh;
    tie *STDOUT, ref $linked, $mux, $fh if $linked;
    my $ok = eval { ref $method ? $method->() : $self->{net_server}->can($method)->($self, $mux, $fh, @args); 1 };
    my $error = $@;
    if ($linked) {
        undef $linked;
        untie *STDOUT;
    }
    return 1 if $ok;
    print STDERR $error;
    $mux->inbuffer($fh, '');
    $mux->kill_output($fh);
    $mux->close($fh);
    return 0;
}

sub mux_connection {
    my ($self, $mux, $fh) = @_;
    my $server = $self->{net_server};
    my $prop = $server->{server};
    Scalar::Util::weaken($prop->{client} = $fh);    # it ends when IO::Multiplex lets go of it
    $prop->{superd} = ${*$fh}{superd};
    $self->_call(sub {
        return if !$server->setup_client_connection($mux);
        my $client = bless {net_server => $server, peeraddr => $prop->{peeraddr}, connected => time}, ref $self;
        $mux->set_callback_object($client, $fh);
        $server->can('mux_connection')->($client, $mux, $fh);
    }, $mux, $fh);
    $prop->{connected} = 0;
    return;
}

# mux_input: the listeners' object gets what datagram sockets receive, and what a
# client sends who was not let in; that is nobody's.
sub mux_input {
    my ($self, $mux, $fh, $in) = @_;
    return $$in = '' if $self->{_listens} && !$mux->is_udp($fh);
    $self->_call('mux_input', $mux, $fh, $in);
    return;
}

sub mux_eof {
    my ($self, $mux, $fh, $in) = @_;
    $self->_call('mux_eof', $mux, $fh, $in) and $mux->shutdown($fh, 1);
    return;
}

sub mux_timeout {
    my ($self, $mux, $fh) = @_;
    $self->_call('mux_timeout', $mux, $fh);
    return;
}

sub mux_close {
    my ($self, $mux, $fh) = @_;
    my $server = $self->{net_server};
    my $ok = eval {
        $server->post_process_request_hook;
        $server->can('mux_close')->($self, $mux, $fh);
        1;
    };
    print STDERR $@ if !$ok;
    delete ${*$fh}{held};
    return;
}

1;
