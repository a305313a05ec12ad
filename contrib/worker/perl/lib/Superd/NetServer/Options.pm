# SPDX-License-Identifier: Apache-2.0
package Superd::NetServer::Options;

# How an object gets its properties: new, command line, what superd's configuration
# has for the program, run, conf_file, default_values; the first that has a key wins,
# and lists are never merged.

use strict;
use warnings;

use Superd::Worker;

# Keys of Net::Server's personalities. They are read, so that they are left in
# nobody's way and are properties; what they are for is superd's, but for those that
# README.md names.
my @LISTS = qw(port host proto ipv allow deny cidr_allow cidr_deny server_type sig_passthrough);
my @VALUES = qw(
    conf_file user group chroot log_level log_file log_function pid_file background setsid listen ipv6_package
    reverse_lookups double_reverse_lookups no_close_by_child no_client_stdout tie_client_stdout tied_stdout_callback
    tied_stdin_callback leave_children_open_on_hup
    syslog_logsock syslog_ident syslog_logopt syslog_facility
    max_servers max_requests max_dequeue check_for_dead check_for_dequeue lock_file serialize
    min_servers min_spare_servers max_spare_servers spare_servers check_for_waiting child_communication check_for_spawn
    min_child_ttl udp_recv_len udp_recv_flags
);

# Keys that a program gives and superd decides.
my @DECIDED_BY_SUPERD = qw(
    port host proto ipv listen user group chroot pid_file background setsid leave_children_open_on_hup sig_passthrough server_type
    max_servers max_requests max_dequeue check_for_dead check_for_dequeue lock_file serialize min_servers min_spare_servers
    max_spare_servers check_for_waiting child_communication check_for_spawn min_child_ttl
    syslog_logsock syslog_ident syslog_logopt syslog_facility
);

sub options {
    my ($self, $template) = @_;
    $template ||= {};
    my $prop = $self->{server};
    for my $key (@LISTS) {
        $prop->{$key} = defined $prop->{$key} ? [$prop->{$key}] : [] if ref $prop->{$key} ne 'ARRAY';
        $template->{$key} = $prop->{$key};
    }
    $template->{$_} = \$prop->{$_} for @VALUES;
    return $template;
}

sub default_values { {} }
sub configure_hook { }

sub get_property { $_[0]{server}{ $_[1] } }
sub set_property { $_[0]{server}{ $_[1] } = $_[2] }

sub commandline {
    my $self = shift;
    $self->{server}{commandline} = ref $_[0] ? $_[0] : [@_] if @_;
    return $self->{server}{commandline} || die "commandline was not set during initialization";
}

sub _initialize {
    my ($self) = @_;
    $self->{server} ||= {};
    $self->commandline([$0, @ARGV]) if !$self->{server}{commandline};
    $self->configure_hook;
    $self->configure;
    my @defaults = %{ $self->default_values || {} };
    $self->process_args(\@defaults) if @defaults;
    return;
}

sub configure {
    my ($self, $template) = @_;
    my $prop = $self->{server};
    $template = undef if ref $template ne 'HASH';
    $self->process_args(\@ARGV, $template) if @ARGV;

    # A value in a list of its own is one value, whatever it looks like.
    my @administrator = map { ($_->[0], [$_->[1]]) } Superd::Worker->conf;
    $self->process_args(\@administrator, $template) if @administrator;
    $self->process_args([@{ $prop->{_run_args} }], $template) if $prop->{_run_args};
    my $file = $prop->{conf_file} || ($self->default_values || {})->{conf_file};
    $self->process_args($self->_read_conf($file), $template) if $file;
    return;
}

# process_args takes from a list what the template has: --key value, --key=value,
# key=value, key value. What it has not stays in the list.
sub process_args {
    my ($self, $args, $template) = @_;
    $self->options($template = {}) if ref $template ne 'HASH';
    my (%had, @left);
    while (@$args) {
        my $word = shift @$args;
        my ($key, $value) = defined $word && !ref $word ? $word =~ /^(?:--)?(\w+)(?:[= ](\S+))?$/ : ();
        if (!defined $key || !exists $template->{$key}) {
            push @left, $word;
            next;
        }
        if (!defined $value) {
            my $next = @$args ? $args->[0] : undef;
            $value = !@$args || defined $next && !ref $next && $next =~ /^--\w/ ? 1 : shift @$args;
        }
        my $to = $template->{$key};
        if (ref $to eq 'ARRAY') {
            $had{$key} = @$to if !exists $had{$key};
            push @$to, ref $value eq 'ARRAY' ? @$value : $value if !$had{$key};
            next;
        }
        $had{$key} = defined $$to if !exists $had{$key};
        next if $had{$key};
        if (ref $value eq 'ARRAY') {
            @$value <= 1 or die qq(Found multiple values on the configuration item "$key" which expects only one value\n);
            $value = $value->[0];
        }
        $$to = $value;
    }
    @$args = @left;
    return;
}

# _read_conf reads lines "key value": the separator may be = or :, and # begins a
# comment unless a \ stands before it.
sub _read_conf {
    my ($self, $name) = @_;
    my ($file) = $name =~ m{^([\w.\-/\\:]+)$} or $self->fatal(qq(Unsecure filename "$name"));
    my $fh;
    if (!open $fh, '<', $file) {
        warn qq(Couldn't open conf "$file" [$!]\n);
        return [];
    }
    my @args;
    while (defined(my $line = <$fh>)) {
        $line =~ s/\r?\n\z//;
        $line =~ s/(?<!\\)#.*//s;
        $line =~ s/\\#/#/g;
        push @args, $1, [$2] if $line =~ /^\s*(?:--)?(\w+)(?:\s*[=:]\s*|\s+)(.+)/;
    }
    close $fh;
    return \@args;
}

# _decided_by_superd names the keys that the program gives itself and that have no
# effect.
sub _decided_by_superd {
    my ($self) = @_;
    my $prop = $self->{server};
    return grep { ref $prop->{$_} eq 'ARRAY' ? @{ $prop->{$_} } : defined $prop->{$_} } @DECIDED_BY_SUPERD;
}

1;
