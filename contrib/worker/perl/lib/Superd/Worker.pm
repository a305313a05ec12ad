# SPDX-License-Identifier: Apache-2.0
package Superd::Worker;

use strict;
use warnings;

use POSIX ();

use Superd::Worker::Channel;
use Superd::Worker::Children;
use Superd::Worker::Connection;

our $VERSION = '1.000';

=head1 NAME

Superd::Worker - take connections from superd (worker = "pass")

=head1 SYNOPSIS

    use Superd::Worker;

    my $greeting = Superd::Worker->conf('greeting') // 'Hello';
    Superd::Worker->run(sub {
        my $conn = shift;
        print { $conn->fh } "$greeting, ", $conn->peer_address // 'neighbour', "!\n";
    });

The program starts once, and is handed one accepted connection after another:

    superd serve --port 7777 --mode prefork --worker pass -- ./greeting.pl

=head1 METHODS

=over

=item run($handler, dequeue => $code)

Calls C<$handler-E<gt>($conn)> for one connection at a time, and closes it when that has returned. What a handler dies of goes to standard error with the
connection, and the worker goes on. It returns when superd needs the worker no more; the program should end then. C<dequeue> is called instead, once, when
superd starts the program for its periodic work.

It dies where superd has not started the program as a worker.

=item run_forking($handler, dequeue => $code)

The same with a process for each connection, as many at once as the service has slots. What the program has loaded is there in each.

=item conf, conf($key)

The program's own keys in the service's configuration: a list of C<[key, value]> in their order; or the values of one key, in scalar context the last.

=back

The connection has C<fh> (the socket), C<id>, C<service>, C<network> (tcp, unix, unixpacket), C<peer> and C<local> (ADDRESS:PORT; a path for unix),
C<peer_address>, C<peer_port>, C<local_address>, C<local_port>, C<uid>, C<gid>, C<pid> (of a unix client) and C<conf>.

Core modules only; on machines other than x86_64, aarch64 and riscv64 Socket::MsgHdr (Debian: libsocket-msghdr-perl).

=cut

sub conf {
    my ($class, $key) = @_;
    my $text = defined $ENV{SUPERD_CONF} ? $ENV{SUPERD_CONF} : '';
    my @pairs = map { my ($k, $v) = split / /, $_, 2; [$k, defined $v ? $v : ''] } grep { length } split /\n/, $text;
    return @pairs if @_ < 2;
    my @values = map { $_->[1] } grep { $_->[0] eq $key } @pairs;
    return wantarray ? @values : $values[-1];
}

sub run {
    my ($class, $serve, %opt) = @_;
    return if $class->dequeue($opt{dequeue});
    my $channel = Superd::Worker::Channel->open;
    local $SIG{PIPE} = 'IGNORE';
    $channel->hello or return;
    $channel->slots <= 1
        or die 'the service has slots = ' . $channel->slots . ", and run serves one connection at a time: use run_forking\n";
    $channel->ready;
    while (my $facts = $channel->next) {
        my $conn = Superd::Worker::Connection->new($facts);
        _serve($serve, $conn);
        $conn->close;
        $channel->done($conn->id);
    }
    $channel->close;
    return;
}

sub run_forking {
    my ($class, $serve, %opt) = @_;
    return if $class->dequeue($opt{dequeue});
    my $channel = Superd::Worker::Channel->open;
    local $SIG{PIPE} = 'IGNORE';
    $channel->hello or return;
    $channel->ready;
    my $children = Superd::Worker::Children->new;
    my $ok = eval {
        while (1) {
            next if !$children->wait($channel->socket);
            my $message = $channel->receive or last;
            my $facts = $channel->take($message) or next;
            _fork($serve, Superd::Worker::Connection->new($facts), $channel, $children);
        }
        1;
    };
    my $error = $@;
    $children->wait_all;
    $channel->close;
    die $error if !$ok;
    return;
}

# dequeue tells whether superd has started the program for its periodic work, and does
# it.
sub dequeue {
    my ($class, $code) = @_;
    return 0 if !defined $ENV{SUPERD_WORKER} || $ENV{SUPERD_WORKER} ne 'dequeue';
    $code or die "superd has started this program for its periodic work, and it has none: give dequeue => sub {...}, or take check_for_dequeue from the service\n";
    $code->();
    return 1;
}

sub _serve {
    my ($serve, $conn) = @_;
    return 1 if eval { $serve->($conn); 1 };
    print STDERR $conn->who, ': ', $@ =~ /\n\z/ ? $@ : "$@\n";
    return 0;
}

sub _fork {
    my ($serve, $conn, $channel, $children) = @_;
    $_->flush for \*STDOUT, \*STDERR;    # or parent and child would both write it
    my $pid = fork;
    if (!defined $pid) {
        print STDERR $conn->who, ": cannot fork: $!\n";
        $conn->close;
        $channel->done($conn->id);
        return;
    }
    if ($pid == 0) {
        $channel->close;
        $children->forget;
        my $ok = _serve($serve, $conn);
        $conn->close;
        $_->flush for \*STDOUT, \*STDERR;
        POSIX::_exit($ok ? 0 : 1);       # the parent's END blocks are its own
    }
    $conn->close;
    my $id = $conn->id;
    $children->add($pid, sub { $channel->done($id) });
    return;
}

1;
