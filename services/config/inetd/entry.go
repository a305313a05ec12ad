// SPDX-License-Identifier: Apache-2.0

package inetd

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"superd/services"
	"superd/services/config"
)

// families is a set of IP versions, and how an IPv6 socket takes both.
type families uint8

const (
	four families = 1 << iota
	six
	dual // one socket for both
)

// entry is a service in the making.
type entry struct {
	run *run
	pos config.Pos
	id  string

	name   word
	hosts  []word // "*" is all addresses
	kind   word   // the second field, without what is behind it
	proto  word   // the third, likewise
	local  bool   // a local socket
	family families
	server word

	assigns []config.Assign
	remarks []remark

	continued bool // it has more than one line
	off       bool // written down, and switched off
	refused   bool
	dropped   bool // the original does not run it either
	stale     bool // a later line has its place
}

// remark is a diagnostic that waits for its service's id.
type remark struct {
	sev       config.Severity
	pos       config.Pos
	attribute string
	message   string
	always    bool // told of a disabled service as well
}

func (e *entry) state() services.State {
	switch {
	case e.off, e.stale:
		return services.Disabled
	case e.refused:
		return services.Refused
	}
	return services.Enabled
}

// refuse keeps superd from running the service.
func (e *entry) refuse(attribute string, pos config.Pos, format string, args ...any) {
	e.refused = true
	e.remarks = append(e.remarks, remark{sev: config.Error, pos: pos, attribute: attribute, message: fmt.Sprintf(format, args...)})
}

// fail refuses what the original drops as well, or never serves.
func (e *entry) fail(attribute string, pos config.Pos, format string, args ...any) {
	e.dropped = true
	e.refuse(attribute, pos, format, args...)
}

func (e *entry) warn(attribute string, pos config.Pos, format string, args ...any) {
	e.remarks = append(e.remarks, remark{sev: config.Warning, pos: pos, attribute: attribute, message: fmt.Sprintf(format, args...)})
}

// aside tells of what is as it should be, and the dialect's inetd takes otherwise.
func (e *entry) aside(attribute string, pos config.Pos, format string, args ...any) {
	e.remarks = append(e.remarks, remark{sev: config.Aside, pos: pos, attribute: attribute, message: fmt.Sprintf(format, args...)})
}

// set assigns a value of the service; as is the field that says it.
func (e *entry) set(attr services.AttrID, as string, pos config.Pos, v services.Value) {
	e.assigns = append(e.assigns, config.Assign{Attr: attr, Value: v, As: as, Pos: pos})
}

// result makes the entry of the unit. Its sockets come last, since a later line may
// have taken some of them.
func (e *entry) result() config.Entry {
	if len(e.hosts) > 0 && !e.local && e.name.text != "" && !e.dropped {
		e.sockets()
	}
	return config.Entry{ID: e.id, Name: e.name.text, Pos: e.pos, Assigns: e.assigns, State: e.state()}
}

func (e *entry) sockets() {
	e.set(services.Port, "service", e.name.pos, []string{e.name.text})
	if all := len(e.hosts) == 1 && e.hosts[0].text == "*"; !all {
		list := make([]string, len(e.hosts))
		for i, h := range e.hosts {
			list[i] = h.text
			if a, err := netip.ParseAddr(h.text); err == nil { // 0:: is ::
				list[i] = a.Unmap().String()
			}
		}
		e.set(services.HostAddr, "address", e.hosts[0].pos, list)
	}
	switch {
	case e.family&dual != 0 || e.family == four|six:
	case e.family == four:
		e.set(services.IPv, "protocol", e.proto.pos, []string{"4"})
	case e.family == six:
		e.set(services.IPv, "protocol", e.proto.pos, []string{"6"})
	}
}

// fieldNames are how messages call the fields.
var fieldNames = []string{"service", "socket type", "protocol", "wait", "user", "server"}

// positional reads the fields of a line.
func (e *entry) positional(words []word, hosts []word) {
	if len(words) == 0 {
		e.name = word{text: noName, pos: e.pos}
		return
	}
	words = e.unprefix(words)
	e.title(words[0], hosts)
	if len(words) < len(fieldNames) {
		if !e.refused {
			e.fail(fieldNames[len(words)], e.pos, "is missing: the line has %d of the 6 fields", len(words))
		}
		return
	}
	if e.socketType(words[1]); e.dropped {
		return // it is no entry, and what stands further on tells nothing
	}
	e.protocol(words[2])
	e.waitField(words[3])
	e.userField(words[4])
	e.program(words[5], words[6:])
	e.finish()
}

// noName is the id of an entry that has none.
const noName = "?"

// unprefix joins "ADDRESS: service", which the BSDs take for "ADDRESS:service".
func (e *entry) unprefix(words []word) []word {
	first := words[0]
	if h := e.run.dialect.habits(); h.prefixes && h.indented && strings.HasSuffix(first.text, ":") && len(words) > 1 {
		first.text += words[1].text
		return append([]word{first}, words[2:]...)
	}
	return words
}

// finish looks at what only all fields together tell.
func (e *entry) finish() {
	if e.refused && e.dropped {
		return
	}
	e.port()
	if !e.local {
		e.reachable()
	}
	switch {
	case e.family&dual != 0:
		e.aside("protocol", e.proto.pos, "%q is a socket of each version", e.proto.text)
	case e.continued && e.family == four|six:
		e.aside("protocol", e.proto.pos, "both versions have the arguments of all lines")
	}
}

func isSocketType(s string) bool {
	kind, _, _ := strings.Cut(s, ",")
	kind, _, _ = strings.Cut(kind, ":")
	return slices.Contains(socketTypes, kind)
}

var socketTypes = []string{"stream", "dgram", "seqpacket", "raw", "rdm", "tli", "xti", "sunrpc_tcp", "sunrpc_udp"}

func decimal(n int) string { return strconv.Itoa(n) }
