#!/usr/bin/perl -w
# SPDX-License-Identifier: Apache-2.0
#
# What get_client_info found, and what the client's own methods say.

package Properties;

use strict;
use base qw(Net::Server::PreForkSimple);

Properties->run;

sub process_request {
    my ($self, $client) = @_;
    my $prop = $self->{server};
    for my $key (qw(sockaddr sockport peeraddr peerport peerhost peerhost_rev udp_true requests no_client_stdout)) {
        print "$key ", defined $prop->{$key} ? $prop->{$key} : 'undef', "\n";
    }
    print 'peername is a name: ', defined $prop->{peername} && $prop->{peername} eq getpeername($client) ? 'yes' : 'no', "\n";
    print 'the client is the client: ', $client == $prop->{client} ? 'yes' : 'no', "\n";
    for my $method (qw(NS_proto sockhost sockport peerhost peerport)) {
        print "$method ", $client->can($method) ? $client->$method : 'none', "\n";
    }
    print 'standard input and output: ', join(' ', fileno STDIN, fileno STDOUT), "\n";
    print "connected\n" if $client->connected;
    print 'a socket: ', -S STDIN && -S STDOUT && -S $client ? 'yes' : 'no', "\n";
    print 'selected: ', select, "\n";
    print { $client } "by the client's handle\n";
    $client->print("by its method\n");
    $client->printf("%s\n", 'formatted');
    syswrite STDOUT, "unbuffered\n";
    my ($ok, $word) = $client->read_until(6);
    print "read_until $ok $word\n";
    ($ok, $word) = $client->read_until(undef, qr/stop/);
    print "read_until $ok $word\n";
    print 'getline ', $client->getline;
    system 'echo from a program';
    print 'rest ', join '', <$client>;
}
