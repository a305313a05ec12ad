# SPDX-License-Identifier: Apache-2.0
package Superd::NetServer::Access;

# Who is served, by rules of the program's own. superd's gate comes before them.

use strict;
use warnings;

use Socket qw(AF_INET AF_INET6 inet_pton);

my @LISTS = qw(allow deny cidr_allow cidr_deny);

# _check_access finds at start what would else be the first client's end.
sub _check_access {
    my ($self) = @_;
    my $prop = $self->{server};
    for (@LISTS) { $prop->{$_} = [] if ref $prop->{$_} ne 'ARRAY' }
    for my $key (qw(allow deny)) {
        for my $rule (@{ $prop->{$key} }) {
            eval { qr/\A(?:$rule)\z/; 1 } or $self->fatal(qq(cannot use $key "$rule": $@));
        }
    }
    for my $key (qw(cidr_allow cidr_deny)) {
        for my $rule (@{ $prop->{$key} }) {
            _range($rule) or $self->fatal(qq(cannot use $key "$rule": want ADDRESS, ADDRESS/BITS or ADDRESS-ADDRESS));
        }
    }
    $prop->{reverse_lookups} ||= 1 if $prop->{double_reverse_lookups};
    if ($prop->{reverse_lookups} && $prop->{reverse_lookups} =~ /^(?:double|2)(.*)$/i) {
        $prop->{double_reverse_lookups} = $1 || $prop->{double_reverse_lookups} || 1;
    }
    return;
}

# allow_deny: any deny wins, then one allow must match, and no rule at all lets
# everybody in. unix sockets have no address.
sub allow_deny {
    my ($self, $client) = @_;
    my $prop = $self->{server};
    $client ||= $prop->{client};
    return 1 if $client && $client->NS_proto =~ /^UNIX/;
    my $address = defined $prop->{peeraddr} ? $prop->{peeraddr} : '';
    $address =~ s/^\s*::ffff:(\d+(?:\.\d+){3})$/$1/;
    return 0 if $prop->{double_reverse_lookups}
        && !$self->double_reverse_lookup($address, $prop->{peerhost}, $prop->{peerhost_rev}, $prop->{peeraddr});
    return 1 if !grep { @{ $prop->{$_} || [] } } @LISTS;
    my @names = ($prop->{reverse_lookups} && defined $prop->{peerhost} ? $prop->{peerhost} : (), $address);
    return 0 if _matches($prop->{deny}, @names) || _within($prop->{cidr_deny}, $address);
    return 1 if _matches($prop->{allow}, @names) || _within($prop->{cidr_allow}, $address);
    return 0;
}

sub double_reverse_lookup {
    my ($self, $address, $host, $addresses, $original) = @_;
    my $how = $self->{server}{double_reverse_lookups} || '';
    my $why;
    if (!$host) {
        $why = "missing host from addr $address";
    } elsif (!$addresses) {
        $why = "missing reverse addrs from host $host ($address)";
    } else {
        my $all = 'addrs: (' . join(' ', sort keys %$addresses) . ')';
        my $as = "addr: $address,  host: $host";
        if (!$addresses->{$address} && !(defined $original && $addresses->{$original})) {
            $why = "did not match:  $as" . ($how =~ /detail/i ? ",  $all" : '');
        } elsif ($how =~ /autofail/i) {
            $why = "autofail:  $as,  $all";
        } elsif ($how =~ /debug/) {
            $self->log(3, $self->log_time . " Double reverse debug:  $as,  $all");
        }
    }
    return 1 if !defined $why;
    $self->log(3, $self->log_time . " Double reverse $why");
    return 0;
}

# _matches: the whole of a name must match, in each alternative of the pattern.
sub _matches {
    my ($rules, @names) = @_;
    for my $rule (@{ $rules || [] }) {
        for (@names) { return 1 if /\A(?:$rule)\z/ }
    }
    return 0;
}

sub _within {
    my ($rules, $address) = @_;
    my $packed = _packed($address);
    return 0 if !defined $packed;
    for my $rule (@{ $rules || [] }) {
        my ($low, $high) = _range($rule) or next;
        return 1 if length $low == length $packed && $low le $packed && $packed le $high;
    }
    return 0;
}

# _range gives the first and the last address of a rule, packed.
sub _range {
    my ($rule) = @_;
    if ($rule =~ /\A\s*([^\s\/-]+)\s*-\s*([^\s\/-]+)\s*\z/) {
        my ($low, $high) = (_packed($1), _packed($2));
        return defined $low && defined $high && length $low == length $high && $low le $high ? ($low, $high) : ();
    }
    my ($address, $bits) = $rule =~ m{\A\s*([^\s/]+?)\s*(?:/\s*([0-9]{1,3}))?\s*\z} or return;
    my $packed = _packed($address);
    return if !defined $packed;
    my $size = 8 * length $packed;
    $bits = $size if !defined $bits;
    return if $bits > $size;
    my $mask = pack "B$size", '1' x $bits . '0' x ($size - $bits);
    return ($packed & $mask, $packed | ~$mask);
}

# _packed gives an address as bytes; a mapped one is the IPv4 address that it stands
# for.
sub _packed {
    my ($address) = @_;
    $address =~ s/%.*//s;
    my $packed = $address =~ /:/ ? inet_pton(AF_INET6, $address) : inet_pton(AF_INET, $address);
    $packed = substr $packed, 12 if defined $packed && length $packed == 16 && substr($packed, 0, 12) eq "\0" x 10 . "\xff\xff";
    return $packed;
}

1;
