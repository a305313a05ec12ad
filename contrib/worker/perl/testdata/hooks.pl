#!/usr/bin/perl -w
# SPDX-License-Identifier: Apache-2.0
#
# Writes down which hooks run, in their order, each with its arguments; children's
# lines go to their clients as well.

package Hooks;

use strict;
use base qw(Net::Server::PreForkSimple);

my @seen;

for my $hook (qw(
    configure_hook post_configure_hook post_bind_hook pre_loop_hook child_init_hook child_finish_hook
    post_accept_hook post_process_request_hook post_client_connection_hook
)) {
    no strict 'refs';
    *{$hook} = sub { my $self = shift; note($self, $hook, @_) };
}

Hooks->run;

sub options {
    my ($self, $template) = @_;
    $self->SUPER::options($template);
    $template->{diary} = \$self->{server}{diary};
}

sub note {
    my ($self, $hook, @arguments) = @_;
    my $line = join ' ', $hook, map { ref $_ ? 'client' : defined $_ ? $_ : 'undef' } @arguments;
    push @seen, $line;
    return if !$self->{server}{diary};
    open my $diary, '>>', $self->{server}{diary} or die "diary: $!\n";
    print $diary "$line\n";
    close $diary;
}

sub allow_deny_hook { note($_[0], 'allow_deny_hook', $_[1]); 1 }

sub process_request {
    my $self = shift;
    note($self, 'process_request', @_);
    print "$_\n" for @seen;
    while (my $line = <STDIN>) {
        $self->done(1) if $line =~ /leave/;
        die "told to\n" if $line =~ /die/;
    }
}

sub dequeue { note($_[0], 'dequeue') }
