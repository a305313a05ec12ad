# SPDX-License-Identifier: Apache-2.0
package Superd::Worker::Children;

# The processes of a forking worker, one a connection, and how to wait for them and
# for superd at once: by pidfds, since a SIGCHLD that comes just before select would
# not wake it.
#
# Owns: the pidfds. Concurrency: the process that made it, alone.

use strict;
use warnings;

use Errno qw(EINTR);
use POSIX ();

use constant PIDFD_OPEN => 434;    # the same number on all machines but alpha

sub new {
    my ($class) = @_;
    return bless {running => {}}, $class;
}

sub count { scalar keys %{ $_[0]{running} } }

# add takes a process; $ended is called when it has ended.
sub add {
    my ($self, $pid, $ended) = @_;
    my $fd = syscall PIDFD_OPEN, 0 + $pid, 0;
    if ($fd < 0) {    # no descriptor is left: no other work until this is done
        _ended($pid, $ended);
        return;
    }
    $self->{running}{$fd} = [$pid, $ended];
    return;
}

# wait reaps what has ended and tells whether $channel can be read. With no channel
# it waits until some process has ended.
sub wait {
    my ($self, $channel) = @_;
    my $set = '';
    vec($set, $_, 1) = 1 for keys %{ $self->{running} }, defined $channel ? fileno $channel : ();
    my $n = select $set, undef, undef, undef;
    if ($n < 0) {
        return 0 if $! == EINTR;    # the signal's handler has run
        die "cannot wait for superd: $!\n";
    }
    for my $fd (grep { vec $set, $_, 1 } keys %{ $self->{running} }) {
        my $process = delete $self->{running}{$fd};
        POSIX::close($fd);
        _ended(@$process);
    }
    return defined $channel && vec $set, fileno $channel, 1;
}

# wait_all waits for the end of all.
sub wait_all {
    my ($self) = @_;
    $self->wait(undef) while $self->count;
    return;
}

# forget is for the process that was forked: it has no part in its parent's children.
sub forget {
    my ($self) = @_;
    POSIX::close($_) for keys %{ $self->{running} };
    $self->{running} = {};
    return;
}

# _ended finds nobody where the program has SIGCHLD ignored, or waits for all itself.
sub _ended {
    my ($pid, $ended) = @_;
    1 while waitpid($pid, 0) < 0 && $! == EINTR;
    $ended->($pid, $?);
    return;
}

1;
