// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"

	"superd/limits/admit"
	"superd/services"
	"superd/services/config"
)

// Explain writes what a service would do: its sockets, the program that makes a
// handler, and, with a peer, what each stage of the gate says of that one when
// nobody else is being served.
func Explain(w io.Writer, host *config.Host, result *config.Result, s *services.Service, peer netip.Addr) error {
	c, err := newCompiler(host, result, nil)
	if err != nil {
		return err
	}
	spec, err := c.compile(s)
	if err != nil {
		return fmt.Errorf("cannot explain service %q: %w", s.ID, err)
	}
	fmt.Fprintf(w, "service %s (%s), %s, mode %s\n", s.ID, c.result.Origin(s.Format, s.Source), s.State, s.Mode())
	socks, _, err := c.socketSpecs(s)
	var name notGivenError
	if errors.As(err, &name) {
		fmt.Fprintf(w, "listens on what the service manager gives by the name %q\n", string(name))
	} else if err != nil {
		return fmt.Errorf("cannot explain service %q: %w", s.ID, err)
	}
	for _, sp := range socks {
		fmt.Fprintf(w, "listens on %v\n", sp)
	}
	fmt.Fprintf(w, "\nspawn program:\n%v", spec.Program)
	if !peer.IsValid() {
		return nil
	}
	fmt.Fprintf(w, "\nfrom %v, with nobody else being served:\n", peer.Unmap())
	var si unix.Sysinfo_t
	unix.Sysinfo(&si)
	now := admit.Now{Wall: time.Now(), Mono: 1, Load: float64(si.Loads[0]) / 65536}
	verdict := "allowed"
	for _, st := range admit.Explain(spec.Policy, new(admit.Gate), peer.Unmap(), now) {
		word := "passes"
		if !st.Allow {
			word = "refused"
			verdict = "refused: " + st.Reason.String()
		}
		fmt.Fprintf(w, "  %-22s %-8s %s", st.Stage, word, st.Rule)
		if p := c.places.word(st.Place); st.Place.Line > 0 {
			fmt.Fprintf(w, " (%s)", p)
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintln(w, verdict)
	return nil
}
