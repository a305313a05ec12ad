# SPDX-License-Identifier: Apache-2.0
package Superd::Worker::Receive;

# One message and the descriptors that came with it.
#
# Perl has no recvmsg of its own. syscall() makes the call itself where the
# number and the layout of its arguments are known; elsewhere Socket::MsgHdr does
# it (Debian: libsocket-msghdr-perl).
#
# Owns: a buffer for each object. Does not know: what messages mean.
# Errors: $!, as recv's.

use strict;
use warnings;

use Config ();
use Socket qw(SOL_SOCKET);

use constant {
    SCM_RIGHTS       => 1,             # linux/socket.h
    MSG_CTRUNC       => 0x8,
    MSG_TRUNC        => 0x20,
    MSG_CMSG_CLOEXEC => 0x40000000,
    CONTROL          => 64,            # bytes: room for more descriptors than may come, so that the surplus is seen
};

# recvmsg's number on 64-bit Linux. The call takes the kernel's struct
# user_msghdr, whatever the C library's is like.
my %NUMBER = (x86_64 => 47, aarch64 => 212, riscv64 => 212);

sub new {
    my ($class, $largest) = @_;
    my ($machine) = $Config::Config{archname} =~ /\A([^-]+)-linux/;
    my $number = $machine && $Config::Config{ptrsize} == 8 ? $NUMBER{$machine} : undef;
    my $self = bless {largest => $largest, number => $number}, $class;
    if (!defined $number) {
        eval { require Socket::MsgHdr; 1 }
            or die "cannot receive descriptors on $Config::Config{archname} without the module Socket::MsgHdr (Debian: libsocket-msghdr-perl): $@";
        return $self;
    }

    # The kernel writes into these two. A string that Perl had copied may share
    # its bytes with the copy until Perl itself writes; vec makes them ours alone.
    $self->{$_} = '' for qw(data control);
    vec($self->{data}, $largest - 1, 8) = 0;
    vec($self->{control}, CONTROL - 1, 8) = 0;
    $self->{iovec} = pack 'P Q', $self->{data}, $largest;
    return $self;
}

# message receives one: its length, its text, its flags and the descriptors, which
# are close-on-exec and the caller's. The empty list on an error.
sub message {
    my ($self, $channel) = @_;
    return $self->_by_module($channel) if !defined $self->{number};

    # struct user_msghdr: name, its length, iovec, how many, control, its length, flags.
    my $header = pack 'Q L x4 P Q P Q l x4', 0, 0, $self->{iovec}, 1, $self->{control}, CONTROL, 0;
    my $n = syscall($self->{number}, fileno($channel), $header, MSG_CMSG_CLOEXEC);
    return if $n < 0;
    my ($filled, $flags) = unpack 'x40 Q l', $header;
    return ($n, substr($self->{data}, 0, $n), $flags, _rights(substr $self->{control}, 0, $filled));
}

# _rights reads struct cmsghdr (length, level, type) and what follows it, each
# begun at a multiple of 8.
sub _rights {
    my ($control) = @_;
    my @fds;
    while (length $control >= 16) {
        my ($length, $level, $type) = unpack 'Q l l', $control;
        last if $length < 16 || $length > length $control;
        push @fds, unpack 'l*', substr($control, 16, $length - 16) if $level == SOL_SOCKET && $type == SCM_RIGHTS;
        my $next = ($length + 7) & ~7;
        last if $next > length $control;
        substr($control, 0, $next) = '';
    }
    return @fds;
}

sub _by_module {
    my ($self, $channel) = @_;
    my $header = Socket::MsgHdr->new(buflen => $self->{largest}, controllen => CONTROL);
    my $n = Socket::MsgHdr::recvmsg($channel, $header, MSG_CMSG_CLOEXEC);
    return if !defined $n;
    my @fds;
    my @control = $header->cmsghdr;
    while (my ($level, $type, $data) = splice @control, 0, 3) {
        push @fds, unpack 'l*', $data if $level == SOL_SOCKET && $type == SCM_RIGHTS;
    }
    return ($n, substr($header->buf, 0, $n), $header->flags, @fds);
}

1;
