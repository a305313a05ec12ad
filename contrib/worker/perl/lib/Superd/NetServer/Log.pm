# SPDX-License-Identifier: Apache-2.0
package Superd::NetServer::Log;

# The program's own lines. They go to standard error, which is the service's log,
# unless the program has a log_file or a log_function of its own.

use strict;
use warnings;

use IO::Handle ();

sub initialize_logging {
    my ($self) = @_;
    my $prop = $self->{server};
    $prop->{log_file} = '' if !defined $prop->{log_file};
    if (defined(my $code = $prop->{log_function})) {
        return if ref $code eq 'CODE';
        $self->can($code) or die "Passed log_function $code was not a valid method of server, or was not a code object\n";
        $prop->{log_function} = sub { $self->$code(@_) };
        return;
    }
    return if !length $prop->{log_file};
    if ($prop->{log_file} =~ /^[a-zA-Z]\w*(?:::[a-zA-Z]\w*)+$/) {
        my $module = $prop->{log_file};
        $prop->{log_file} = '';
        $self->log(1, "log_file $module: not in a worker; its lines go to standard error, and superd sends that to its log, which may be syslog");
        return;
    }
    my ($file) = $prop->{log_file} =~ m{^([:\w.\-/\\]+)$} or die qq(Unsecure filename "$prop->{log_file}"\n);
    open $prop->{_log}, '>>', $file or die qq(Couldn't open log file "$file" [$!].\n);
    $prop->{_log}->autoflush(1);
    open STDERR, '>&', $prop->{_log} or die "Cannot open STDERR to the log file [$!]\n";
    return;
}

# log writes a line of a level from 0 (error) to 4 (debug).
sub log {
    my ($self, $level, $text, @values) = @_;
    my $prop = $self->{server};
    return if !$prop->{log_level};
    my $number = $level =~ /^\d+$/;
    return if $number && $level > $prop->{log_level};
    $text = sprintf $text, @values if @values;
    if (ref $prop->{log_function} eq 'CODE') {
        return if eval { $prop->{log_function}->($level, $text); 1 };
        $self->handle_log_error($@, [$level, $text]);
    }
    $self->write_to_log_hook($level, $text) if $number;
    return;
}

sub write_to_log_hook {
    my ($self, $level, $text) = @_;
    chomp $text;
    $text =~ s/([^\n -~])/sprintf '%%%02X', ord $1/ge;
    print { $self->{server}{_log} || \*STDERR } "$text\n";
    return;
}

sub handle_log_error { die $_[1] }

sub log_time {
    my ($sec, $min, $hour, $day, $month, $year) = localtime;
    return sprintf '%04d/%02d/%02d-%02d:%02d:%02d', $year + 1900, $month + 1, $day, $hour, $min, $sec;
}

# fatal ends this worker, and not the service.
sub fatal {
    my ($self, $error) = @_;
    my ($package, $file, $line) = caller;
    $self->fatal_hook($error, $package, $file, $line);
    $self->log(0, $self->log_time . " $error\n  at line $line in file $file");
    $self->server_close(1);
    return;
}

sub fatal_hook { }

1;
