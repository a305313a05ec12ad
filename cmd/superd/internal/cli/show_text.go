// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"io"
	"strings"

	"superd/services"
	"superd/services/config"
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
		fmt.Fprintf(w, "%s: %s, mode %s, %s %s\n", clean(s.ID), s.State, s.Str(services.Mode), s.Format, clean(r.Origin(s.Format, s.Source)))
		for _, k := range s.Sockets {
			fmt.Fprintf(w, "  listens on %s %s%s%s\n", k.Network, clean(k.Address), only(k), options(k))
		}
		writeSettings(w, r, s.Format, shown(s, all))
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
		values[j] = toml(x.Value)
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
		fmt.Fprintf(&b, ", %s = %s", x.Attr, toml(x.Value))
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

// toml writes a value as the native format would have it.
func toml(v services.Value) string {
	switch v := v.(type) {
	case string:
		return quote(v)
	case []string:
		items := make([]string, len(v))
		for i, s := range v {
			items[i] = quote(s)
		}
		return "[" + strings.Join(items, ", ") + "]"
	case []int64:
		items := make([]string, len(v))
		for i, n := range v {
			items[i] = fmt.Sprint(n)
		}
		return "[" + strings.Join(items, ", ") + "]"
	}
	return fmt.Sprint(v)
}

// quote writes a basic string of TOML. Its escapes keep a terminal safe from
// what a file may hold.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < ' ' || (r >= 0x7f && r < 0xa0):
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// clean is text that stands without quotes.
func clean(s string) string {
	if q := quote(s); q != `"`+s+`"` {
		return q
	}
	return s
}
