// SPDX-License-Identifier: Apache-2.0

package difftest

import (
	"io"
	"net"
	"net/netip"
	"time"
)

// Reach gives the root's loopback what clients come from: all addresses of the
// prefixes, and single ones.
func (w *World) Reach(nets []netip.Prefix, addrs []netip.Addr) {
	w.t.Helper()
	for _, p := range nets {
		if _, err := w.root.Output("ip", "route", "replace", "local", p.String(), "dev", "lo"); err != nil {
			w.t.Fatal(err)
		}
	}
	for _, a := range addrs {
		w.AddAddr(a)
	}
}

// LetIn runs a file under one daemon, makes one connection from each From to its
// To, and tells which got anything from a handler.
func (w *World) LetIn(k Kind, text string, visits []Visit) []bool {
	w.t.Helper()
	d := w.Start(k, w.config(text))
	defer d.Stop(nil)
	in := make([]bool, len(visits))
	for i, v := range visits {
		c, err := w.dial(net.Dialer{Timeout: patience, LocalAddr: &net.TCPAddr{IP: v.From.AsSlice()}}, "tcp", v)
		if err != nil {
			w.t.Errorf("%s: %v\n%s\n%s", k.Name, err, text, d.Log())
			return in
		}
		c.SetDeadline(time.Now().Add(patience))
		data, err := io.ReadAll(c)
		c.Close()
		if err != nil {
			w.t.Errorf("%s: %v from %v: %v", k.Name, v.To, v.From, err)
		}
		in[i] = len(data) > 0
	}
	return in
}
