// SPDX-License-Identifier: Apache-2.0

package perl

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// mischief is a program of Multiplex's with every way to lose a client.
const mischief = `package Mischief;
use base qw(Superd::NetServer::Multiplex);
Mischief->run;
sub allow_deny_hook { $_[0]{server}{requests} != 2 }
sub request_denied_hook { print "Go away!\n" }
sub mux_connection { my ($self, $mux, $fh) = @_; print "hello\n"; $mux->set_timeout($fh, undef) }
sub mux_timeout { print "time is up\n"; close STDOUT }
sub mux_input {
    my ($self, $mux, $fh, $in) = @_;
    while ($$in =~ s/^(.*)\n//) {
        die "told to\n" if $1 eq 'die';
        if ($1 eq 'remove') { $mux->remove($fh); close $fh; return }
        $mux->set_timeout($fh, 0.1) if $1 eq 'timeout';
        print STDOUT "heard $1\n";
    }
}
sub mux_close { my $self = shift; $self->log(1, 'closed ' . ($self->{peeraddr} || 'nobody')) }
sub post_process_request_hook { $_[0]->log(1, 'processed') }
sub pre_server_close_hook { $_[0]->log(1, 'the end') }
`

// TestMultiplex: whatever becomes of a client, superd is told, and the others stay.
func TestMultiplex(t *testing.T) {
	w := newWorld(t)
	name := filepath.Join(w.dir, "mischief.pl")
	if err := os.WriteFile(name, []byte(mischief), 0o755); err != nil {
		t.Fatal(err)
	}
	s := w.startWorker(t, 10, nil, name)
	stays := s.dial(t)
	lines := bufio.NewReader(stays)
	line(t, stays, lines)
	for _, c := range []struct{ says, want string }{
		{"", "Go away!\n"}, // number 2
		{"one\n", "heard one\n"},
		{"die\n", ""},
		{"remove\n", ""},
		{"timeout\n", "heard timeout\ntime is up\n"},
	} {
		client := s.dial(t)
		if c.says != "" { // what is not sent yet goes with who dies
			if got := line(t, client, bufio.NewReaderSize(client, 16)); got != "hello\n" {
				t.Fatalf("a client was greeted by %q", got)
			}
		}
		send(t, client, c.says)
		if c.says == "one\n" {
			hangUp(t, client)
		}
		if got := rest(t, client); got != c.want {
			t.Errorf("after %q the client got %q, not %q", c.says, got, c.want)
		}
		for len(s.held) > 1 {
			s.answer(t)
		}
	}
	send(t, stays, "still here\n")
	if got := line(t, stays, lines); got != "heard still here\n" {
		t.Errorf("who stays got %q", got)
	}
	hangUp(t, stays)
	rest(t, stays)
	s.stop(t)
	for text, want := range map[string]int{"told to\n": 1, "closed 127.0.0.1\n": 4, "closed nobody\n": 1, "processed\n": 5, "the end\n": 1} {
		if n := strings.Count(s.log(), text); n != want {
			t.Errorf("%q stands in the log %d times, not %d:\n%s", text, n, want, s.log())
		}
	}
}
