# SPDX-License-Identifier: Apache-2.0
package Superd::NetServer;

use strict;
use warnings;

use Superd::NetServer::Accept;
use Superd::NetServer::Access;
use Superd::NetServer::Client;
use Superd::NetServer::Log;
use Superd::NetServer::Options;
use Superd::NetServer::Request;
use Superd::NetServer::Unused;
use Superd::Worker;

our @ISA = map { "Superd::NetServer::$_" } qw(Options Log Access Request);
our $VERSION = $Superd::Worker::VERSION;

=head1 NAME

Superd::NetServer - run a Net::Server program as a worker of superd's

=head1 SYNOPSIS

    package MyPackage;
    use base qw(Superd::NetServer);    # was: Net::Server::PreFork

    sub process_request {
        my $self = shift;
        while (my $line = <STDIN>) {
            print "You said '$line'";
        }
    }

    MyPackage->run;

    # superd serve --port 20203 --mode prefork --worker pass -- ./prog.pl

=head1 DESCRIPTION

The base class for programs that were written for Net::Server, Net::Server::Single, ::Fork, ::PreForkSimple, ::PreFork or ::MultiType. superd opens the sockets,
starts the program, gives up privileges, decides how many workers there are and who is let in; this class does the rest as Net::Server does it. Net::Server
itself is not needed. For Net::Server::Multiplex there is Superd::NetServer::Multiplex.

README.md, beside the folder lib, says of each of Net::Server's hooks and methods what becomes of it.

=cut

sub new {
    my $class = shift || die 'Missing class';
    my %properties = @_ == 1 ? %{ $_[0] } : @_;
    return bless {server => \%properties}, $class;
}

sub net_server_type { __PACKAGE__ }

sub run {
    my $self = ref $_[0] ? shift : shift->new;
    $self->{server}{_run_args} = [@_ == 1 ? %{ $_[0] } : @_];
    my $way = $self->_way;
    $self->{server}{_channel} = Superd::Worker::Channel->open if $way eq 'pass';
    $self->_initialize;
    $self->post_configure;
    $self->post_configure_hook;
    $self->_open($way) or $self->server_exit(0);
    $self->_warn_of_unused;
    $self->post_bind_hook;
    $self->post_bind;
    $self->pre_loop_hook;
    my $serve = "_serve_$self->{server}{_how}";
    $self->$serve;
    $self->server_exit(0);
    return;
}

# _way tells how superd has started this process.
sub _way {
    my $as = defined $ENV{SUPERD_WORKER} ? $ENV{SUPERD_WORKER} : '';
    return 'dequeue' if $as eq 'dequeue';
    return 'accept' if $as eq '' && Superd::NetServer::Accept::given();
    return 'pass';
}

sub post_configure {
    my ($self) = @_;
    my $prop = $self->{server};
    $prop->{log_level} = 2 if !defined $prop->{log_level} || $prop->{log_level} !~ /^\d+$/;
    $prop->{log_level} = 4 if $prop->{log_level} > 4;
    $self->initialize_logging;
    $self->_check_access;
    return;
}

# _open takes what superd has given: false if it has already taken it back.
sub _open {
    my ($self, $way) = @_;
    my $prop = $self->{server};
    $prop->{sock} = [];
    $prop->{_how} = $way;
    if ($way eq 'accept') {
        $prop->{_accept} = Superd::NetServer::Accept->new;
        $prop->{sock} = [$prop->{_accept}->sockets];
        $prop->{multi_port} = @{ $prop->{sock} } > 1 ? 1 : undef;
        for my $socket (@{ $prop->{sock} }) {
            for (['NS_recv_len', 'udp_recv_len'], ['NS_recv_flags', 'udp_recv_flags']) {
                my ($method, $key) = @$_;
                $socket->$method($1) if defined $prop->{$key} && $prop->{$key} =~ /^(\d+)$/;
            }
        }
    } elsif ($way eq 'pass') {
        $prop->{_channel}->hello or return 0;
        $prop->{_how} = 'fork' if $prop->{_channel}->slots > 1;
    }
    return 1;
}

sub _warn_of_unused {
    my ($self) = @_;
    my $way = $self->{server}{_how};
    $self->log(1, ref($self) . " has methods that are not called in a worker of superd's: $_")
        for Superd::NetServer::Unused::overridden($self, $self->net_server_type, $way);
    my @decided = $self->_decided_by_superd;
    $self->log(3, 'superd decides, not the program: ' . join ' ', @decided) if @decided;
    return;
}

sub post_bind {
    my ($self) = @_;
    my $prop = $self->{server};
    @$prop{qw(user group requests ppid)} = ($>, $), 0, getppid);
    my $end = sub {
        $self->child_finish_hook if $prop->{_how} ne 'fork';    # there the children have their own
        $self->server_exit(0);
    };
    $SIG{$_} = $end for qw(INT TERM QUIT);

    # Whether a client is there is known by whoever waits for one, not by a handler:
    # between accept and the next statement it would be cut off.
    $SIG{HUP} = sub { $prop->{SigHUPed} = 1 };
    $prop->{_channel}->stop_if(sub { $prop->{SigHUPed} }) if $prop->{_channel};

    # TERM is how superd retires a worker that has no channel.
    $SIG{TERM} = $SIG{HUP} if $prop->{_how} eq 'accept';
    $SIG{PIPE} = 'IGNORE';
    $SIG{CHLD} = 'DEFAULT';
    return;
}

sub post_configure_hook { }
sub post_bind_hook      { }
sub pre_loop_hook       { }
sub child_init_hook     { }
sub child_finish_hook   { }

# done tells whether this worker wants to leave; max_requests are superd's to count.
sub done {
    my $self = shift;
    my $prop = $self->{server};
    $prop->{done} = shift if @_;
    return $prop->{done} || $prop->{SigHUPed};
}

# _serve_pass serves one client after another.
sub _serve_pass {
    my ($self) = @_;
    my $prop = $self->{server};
    my $channel = $prop->{_channel};
    $self->child_init_hook;
    $channel->ready;
    while (!$self->done) {
        my $facts = $channel->next or last;
        $self->_begin($facts);
        $self->_client;
        $channel->done($facts->{id});
        $prop->{connected} = 0;
        delete $prop->{superd};
    }
    $self->child_finish_hook;
    return;
}

# _begin makes a connection that superd has passed the present client.
sub _begin {
    my ($self, $facts) = @_;
    my $prop = $self->{server};
    @$prop{qw(connected superd)} = (1, $facts);
    delete $prop->{udp_true};
    $prop->{client} = Superd::NetServer::Client::passed($facts);
    return;
}

# _client serves the present one. A handler that dies ends its client and not the
# worker, which costs more to start than a child of Net::Server's.
sub _client {
    my ($self) = @_;
    return if eval { $self->run_client_connection; 1 };
    print STDERR $@;
    alarm 0;
    $self->close_client_stdout;
    return;
}

# _serve_fork has a process for each client, as Net::Server::Fork.
sub _serve_fork {
    my ($self) = @_;
    my $prop = $self->{server};
    my $channel = $prop->{_channel};
    my $children = Superd::Worker::Children->new;
    $channel->ready;
    my $ok = eval {
        while (!$self->done) {
            $self->pre_accept_hook;
            next if !$children->wait($channel->socket);
            my $message = $channel->receive or last;
            my $facts = $channel->take($message) or next;
            $self->_begin($facts);
            $self->_fork($facts->{id}, $children);
        }
        1;
    };
    my $error = $@;
    $children->wait_all;
    die $error if !$ok;
    return;
}

sub _fork {
    my ($self, $id, $children) = @_;
    my $prop = $self->{server};
    my $channel = $prop->{_channel};
    $self->pre_fork_hook;
    my $pid = fork;
    if (!defined $pid) {
        $self->log(1, "Bad fork [$!]");
    } elsif ($pid == 0) {
        $channel->close;
        $children->forget;
        $SIG{$_} = 'DEFAULT' for qw(HUP CHLD INT TERM QUIT);
        $self->child_init_hook;
        $self->_client;
        $self->child_finish_hook;
        $self->server_exit(0);
    }
    CORE::close $prop->{client};
    delete $prop->{client};
    $prop->{connected} = 0;
    return $channel->done($id) if !defined $pid;
    $children->add($pid, sub { $channel->done($id) });
    $self->register_child($pid, 'fork');
    return;
}

sub pre_accept_hook { }
sub pre_fork_hook   { }
sub register_child  { }

# _serve_accept accepts by itself.
sub _serve_accept {
    my ($self) = @_;
    my $prop = $self->{server};
    my $accept = $prop->{_accept};
    $self->child_init_hook;
    $accept->report('waiting');
    while (!$self->done && !$accept->spent($prop->{requests})) {
        my ($socket, $client, $text, $from) =
            $accept->next(sub { $self->done }, sub { $self->can_read_hook($_[0]) }) or last;
        @$prop{qw(connected client)} = (1, $client);
        delete @$prop{qw(udp_true udp_data udp_peer)};
        @$prop{qw(udp_true udp_data udp_peer)} = (1, $text, $from) if defined $from;
        $accept->report('processing');
        $self->_client;
        $prop->{connected} = 0;
        $accept->report('waiting');
    }
    $self->child_finish_hook;
    return;
}

sub can_read_hook { }

# _serve_dequeue is the program's periodic work.
sub _serve_dequeue {
    my ($self) = @_;
    $self->run_dequeue;
    return;
}

sub run_dequeue {
    my ($self) = @_;
    $SIG{$_} = sub { $self->child_finish_hook('dequeue'); $self->server_exit(0) } for qw(INT TERM QUIT HUP);
    $SIG{PIPE} = 'DEFAULT';
    $self->log(1, ref($self) . ' has no method dequeue, and is started for it') if $self->can('dequeue') == \&dequeue;
    $self->child_init_hook('dequeue');
    $self->dequeue;
    $self->child_finish_hook('dequeue');
    return;
}

sub dequeue { }

# server_close ends this worker: that a program cannot stop the service is superd's
# point.
sub server_close {
    my ($self, $status) = @_;
    my $prop = $self->{server};
    $SIG{$_} = 'DEFAULT' for qw(INT TERM QUIT HUP);
    if ($prop->{connected}) {
        $self->close_client_stdout;
        $prop->{_channel}->done($prop->{superd}{id}) if $prop->{_channel};
    }
    $self->log(2, $self->log_time . ' Worker closing!');
    $self->child_finish_hook if defined $prop->{requests} && $prop->{_how} =~ /^(?:pass|accept)$/;
    return $self if $prop->{no_exit_on_close};
    $self->server_exit($status);
    return;
}

sub server_exit { exit($_[1] || 0) }

1;
