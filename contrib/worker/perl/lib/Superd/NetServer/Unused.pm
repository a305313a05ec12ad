# SPDX-License-Identifier: Apache-2.0
package Superd::NetServer::Unused;

# Methods of Net::Server's that programs override and that are not called here.
# README.md has the same, for people.

use strict;
use warnings;

# Each: why it is not called, and where it is all the same: fork (slots > 1), accept
# (worker = "accept"), multiplex.
my %METHODS;

sub _add {
    my ($why, $but, @names) = @_;
    $METHODS{$_} = [$why, {map { $_ => 1 } @$but}] for @names;
    return;
}

_add('superd opens the sockets', [], qw(pre_bind bind prepared_ports port_info proto_object default_port shutdown_sockets));
_add('superd hands over the connections', [], qw(loop accept accept_multi_port));
_add('superd waits for connections', ['fork'], qw(pre_accept_hook));
_add('superd waits for connections', ['accept'], qw(can_read_hook));
_add('superd starts and ends the workers', [], qw(
    run_parent run_child run_n_children run_n_children_hook kill_n_children coordinate_children idle_loop_hook parent_read_hook
    child_is_talking_hook cleanup_dead_child_hook close_children close_parent delete_child delete_child_hook
    hup_children sig_chld pre_thread_hook other_child_died_hook));
_add('superd starts the workers', ['fork'], qw(pre_fork_hook register_child));
_add('superd passes signals on by its own sig_passthrough', [], qw(sig_pass register_sig_pass));
_add('superd reloads', [], qw(sig_hup hup_server hup_delete_env_keys restart_open_hook restart_close_hook));
_add('the end of a worker is not the end of the service', ['multiplex'], qw(pre_server_close_hook post_child_cleanup_hook));
_add('standard error is superd\'s log, which may be syslog', [], qw(open_syslog handle_syslog_error));
_add('the base class is not Superd::NetServer::Multiplex', ['multiplex'], qw(
    mux_connection mux_input mux_eof mux_close mux_timeout mux_outbuffer_empty mux_epipe));

# What Multiplex does not call, neither Net::Server's nor ours.
my %NOT_MULTIPLEX = map { $_ => ['clients are served by the methods mux_...', {}] }
    qw(process_request run_client_connection post_accept post_process_request post_client_connection_hook child_init_hook child_finish_hook done);

# overridden gives "METHOD: REASON" for each method of an object that will not be
# called. $how is pass, fork, accept or multiplex.
sub overridden {
    my ($object, $base, $how) = @_;
    my %methods = (%METHODS, $how eq 'multiplex' ? %NOT_MULTIPLEX : ());
    my %by_reason;
    for my $name (sort keys %methods) {
        my ($why, $but) = @{ $methods{$name} };
        next if $but->{$how};
        my $code = $object->can($name) or next;
        my $ours = $base->can($name);
        push @{ $by_reason{$why} }, $name if !$ours || $ours != $code;
    }
    return map { join(', ', @{ $by_reason{$_} }) . ": $_" } sort keys %by_reason;
}

# names lists all, for the test that README.md has them.
sub names { sort keys %METHODS }

1;
