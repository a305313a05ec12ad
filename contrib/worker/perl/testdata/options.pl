#!/usr/bin/perl -w
# SPDX-License-Identifier: Apache-2.0
#
# Options of the program's own: a value, an alias of it, a list and its alias, a
# value deep in a structure, and defaults.

package Options;

use strict;
use base qw(Net::Server::PreForkSimple);

Options->run(run_option => 'from run', both => 'from run');

sub options {
    my ($self, $template) = @_;
    my $prop = $self->{server};
    $self->SUPER::options($template);
    for my $key (qw(my_option default_option run_option both flag)) {
        $prop->{$key} = undef if !defined $prop->{$key};
        $template->{$key} = \$prop->{$key};
    }
    $template->{mco} = $template->{my_option};
    $prop->{my_list} ||= [];
    $template->{my_list} = $template->{mcl} = $prop->{my_list};
    $prop->{deep} ||= {values => [undef, undef]};
    $template->{param1} = \$prop->{deep}{values}[0];
    $template->{param2} = \$prop->{deep}{values}[1];
}

sub default_values { return {default_option => 'by default', both => 'by default', my_list => ['never']} }

sub post_configure_hook {
    my $self = shift;
    die "my_option must be a word\n" if defined $self->{server}{my_option} && $self->{server}{my_option} !~ /^\S+$/;
}

sub process_request {
    my $self = shift;
    my $prop = $self->{server};
    for my $key (qw(my_option default_option run_option both flag)) {
        print "$key = ", defined $self->get_property($key) ? $self->get_property($key) : 'undef', "\n";
    }
    print 'my_list = ', join('|', @{ $prop->{my_list} }), "\n";
    print 'deep = ', join('|', map { defined $_ ? $_ : 'undef' } @{ $prop->{deep}{values} }), "\n";
    print 'left = ', join('|', @ARGV), "\n";
}
