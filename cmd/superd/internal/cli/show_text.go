// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"superd/services"
	"superd/services/config"
	"superd/services/config/native"
)

// writeText prints the services for people:
//
//	finger: enabled, mode inet, native superd.toml:3
//	  listens on tcp [::]:79 (IPv6 and IPv4)
//	  exec = ["/usr/sbin/fingerd"]  # superd.toml:5
func writeText(w io.Writer, r *config.Result, list []*services.Service, all bool) {
	for i, s := range list {
		if i > 0 {
			fmt.Fprintln(w)
		}
		fmt.Fprintf(w, "%s: %s, mode %s, %s %s\n", clean(s.ID), s.State, cmp.Or(clean(s.Mode()), "none"), s.Format, clean(r.Origin(s.Format, s.Source)))
		writeChoice(w, s.Choice)
		for _, k := range s.Sockets {
			fmt.Fprintf(w, "  listens on %s %s%s%s\n", k.Network, clean(k.Address), only(k), options(k))
		}
		writeSettings(w, r, s.Format, shown(s, all))
	}
}

// writeChoice prints which modes of a list were passed over, and why.
func writeChoice(w io.Writer, c *services.Choice) {
	if c == nil {
		return
	}
	for _, p := range c.Passed {
		fmt.Fprintf(w, "  not %s: %s\n", clean(p.Mode), p.Reason)
	}
}

// writeDaemon prints what [daemon] sections say, if they say anything.
func writeDaemon(w io.Writer, r *config.Result) {
	if len(r.Daemon.Settings) > 0 {
		fmt.Fprintln(w, "daemon:")
		writeSettings(w, r, "native", r.Daemon.Settings)
		fmt.Fprintln(w)
	}
}

func writeSettings(w io.Writer, r *config.Result, format string, settings []services.Setting) {
	values := make([]string, len(settings))
	names, width := 0, 0
	for j, x := range settings {
		values[j] = native.Literal(x.Value)
		names = max(names, len(x.Attr.String()))
		if len(values[j]) <= 48 { // a longer one pushes its origin out, not everybody's
			width = max(width, len(values[j]))
		}
	}
	for j, x := range settings {
		fmt.Fprintf(w, "  %-*s = %-*s  # %s\n", names, x.Attr, width, values[j], clean(r.Origin(format, x.Origin)))
	}
}

// options words what one socket has of its own.
func options(k services.Socket) string {
	var b strings.Builder
	for _, x := range k.Options {
		fmt.Fprintf(&b, ", %s = %s", x.Attr, native.Literal(x.Value))
	}
	return b.String()
}

func only(k services.Socket) string {
	switch {
	case k.V6Only:
		return " (IPv6 only)"
	case strings.HasPrefix(k.Address, "[::]"):
		return " (IPv6 and IPv4)"
	}
	return ""
}

// clean is text that stands without quotes.
func clean(s string) string {
	if q := native.Quote(s); q != `"`+s+`"` {
		return q
	}
	return s
}
