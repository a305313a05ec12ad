# SPDX-License-Identifier: Apache-2.0
package Superd::Worker::Channel;

# The worker's end of the socket between it and superd: ../../../../PROTOCOL.md.
#
# Owns: descriptor 3, and each connection's descriptor until it is given out.
# Does not know: what is done with a connection.
# Errors: die with one line.

use strict;
use warnings;

use Errno qw(EINTR EAGAIN ECONNRESET);
use Fcntl qw(F_GETFD F_SETFD FD_CLOEXEC);
use POSIX ();
use Socket qw(SOL_SOCKET SO_TYPE SOCK_SEQPACKET AF_UNIX MSG_NOSIGNAL);

use Superd::Worker::Receive;

use constant {
    VERSION    => 1,        # of the protocol
    LARGEST    => 65536,    # bytes of a message from superd
    CHANNEL_FD => 3,
};

# open takes descriptor 3, if superd has started this program as a worker.
sub open {
    my ($class) = @_;
    my $offered = defined $ENV{SUPERD_WORKER} ? $ENV{SUPERD_WORKER} : '';
    if ($offered !~ /\A0*[1-9][0-9]*\z/) {
        my $is = length $offered ? sprintf('%.40s', _printable($offered)) : 'not set';
        die qq(this program is started by superd with worker = "pass"; SUPERD_WORKER is $is. )
            . "Try: superd serve --port 7777 --mode prefork --worker pass -- $0\n";
    }
    CORE::open(my $socket, '+<&=', CHANNEL_FD)
        or die 'cannot use superd\'s channel, descriptor ' . CHANNEL_FD . ": $!\n";
    my $type = getsockopt $socket, SOL_SOCKET, SO_TYPE;
    my $name = getsockname $socket;
    if (!$type || unpack('i', $type) != SOCK_SEQPACKET || !$name || unpack('S', $name) != AF_UNIX) {
        die 'descriptor ' . CHANNEL_FD . " is not superd's channel\n";
    }
    fcntl $socket, F_SETFD, fcntl($socket, F_GETFD, 0) | FD_CLOEXEC;
    binmode $socket;
    return bless {
        socket  => $socket,
        owner   => $$,
        offered => $offered,
        receive => Superd::Worker::Receive->new(LARGEST),
    }, $class;
}

sub socket { $_[0]{socket} }
sub slots  { $_[0]{slots} }

# hello reads superd's first message.
sub hello {
    my ($self) = @_;
    my $message = $self->receive or return 0;
    _close($message->{fd});
    $message->{verb} eq 'hello'
        or die sprintf qq(superd's first message is "%.40s", not "hello"\n), _printable($message->{verb});
    my $slots = exists $message->{keys}{slots} ? $message->{keys}{slots} : 1;
    my $version = $message->{keys}{version};
    for (['slots', $slots], ['version', $version]) {
        my ($key, $value) = @$_;
        defined $value && $value =~ /\A[0-9]+\z/ or die "superd's first message has no decimal number as $key\n";
    }
    $self->{slots} = $slots;
    $self->{higher} = $version > VERSION || $self->{offered} > VERSION;
    return 1;
}

# ready says that connections may come.
sub ready {
    my ($self) = @_;
    $self->_send($self->{higher} ? "ready\nversion=" . VERSION . "\n" : "ready\n");
    return;
}

# stop_if sets what next and receive ask after a signal: if it is true they give up.
sub stop_if { $_[0]{stop} = $_[1] }

# next waits for a connection and takes it. It gives the facts, {fd} among them;
# undef when none will come any more.
sub next {
    my ($self) = @_;
    while (1) {
        my $message = $self->receive or return undef;
        my $facts = $self->take($message);
        return $facts if $facts;
    }
}

# take takes the connection that a message brings; undef if it brings none.
sub take {
    my ($self, $message) = @_;
    if ($message->{verb} ne 'conn') {
        _close($message->{fd});
        return undef;
    }
    my $facts = $message->{keys};
    my $id = $facts->{id};
    if (!defined $id || $id !~ /\A([1-9][0-9]{0,18})\z/) {
        _close($message->{fd});
        die "superd's message brings a connection without an id\n";
    }
    $facts->{id} = $1;
    defined $message->{fd} or die "cannot take connection $1: it came without its descriptor: too many open files?\n";
    $facts->{fd} = $message->{fd};
    $self->_send("taken $1\n");
    return $facts;
}

# done says that a connection is finished and closed.
sub done {
    my ($self, $id) = @_;
    $self->_send("done $id\n");
    return;
}

# close is for a process that has nothing to do with superd any more.
sub close {
    my ($self) = @_;
    CORE::close $self->{socket} if $self->{socket};
    delete $self->{socket};
    return;
}

# receive waits for one message: {verb}, {keys}, {fd} if a descriptor came. undef at
# the end of the channel; with EAGAIN in $! if none is there and the channel does not
# block.
sub receive {
    my ($self) = @_;
    my ($n, $text, $flags, @fds);
    my $reset = 0;
    while (1) {
        ($n, $text, $flags, @fds) = $self->{receive}->message($self->{socket});
        last if defined $n;
        if ($! == EINTR) {
            return undef if $self->{stop} && $self->{stop}->();
            next;
        }

        # superd died with messages of ours unread; what it had sent before is
        # still to be had.
        next if $! == ECONNRESET && !$reset++;
        return undef if $! == EAGAIN;
        die "cannot receive from superd: $!\n";
    }
    my $fd = shift @fds;
    _close($_) for @fds;
    if ($n == 0) {
        _close($fd);
        $! = 0;
        return undef;
    }
    if ($flags & Superd::Worker::Receive::MSG_TRUNC) {
        _close($fd);
        die "superd's message has more than ${\ LARGEST} bytes\n";
    }
    my ($verb, $lines) = split /\n/, $text, 2;
    my %keys = defined $lines ? $lines =~ /^([^=\n]*)=(.*)$/mg : ();
    return {verb => defined $verb ? $verb : '', keys => \%keys, fd => $fd};
}

# _send does not mind that superd is gone: what is held is served all the same. A
# process that was forked has nothing to say.
sub _send {
    my ($self, $text) = @_;
    return if $self->{owner} != $$ || !$self->{socket};
    1 while !defined send($self->{socket}, $text, MSG_NOSIGNAL) && ($! == EINTR || $! == EAGAIN && _writable($self->{socket}));
    return;
}

# _writable waits, on a channel that does not block, until superd has read.
sub _writable {
    my ($socket) = @_;
    my $set = '';
    vec($set, fileno $socket, 1) = 1;
    select undef, $set, undef, undef;
    return 1;
}

sub _close {
    my ($fd) = @_;
    POSIX::close($fd) if defined $fd;
    return;
}

sub _printable {
    my ($text) = @_;
    $text =~ s/[^ -~]/?/g;
    return $text;
}

1;
