// SPDX-License-Identifier: Apache-2.0

package systemdunit

import (
	"slices"
	"strings"
	"time"

	"superd/services"
)

// These make the apply of a row whose option is one attribute.

func boolTo(attr services.AttrID) func(*entry, values) {
	return func(e *entry, v values) {
		s := v.last()
		on, err := parseBool(s.value)
		if err != nil {
			e.refuse(s, "%v", err)
			return
		}
		e.put(attr, s, on)
	}
}

func textTo(attr services.AttrID) func(*entry, values) {
	return func(e *entry, v values) {
		if text, ok := e.expand(v.last(), v.last().value); ok {
			e.put(attr, v.last(), text)
		}
	}
}

func numberTo(attr services.AttrID) func(*entry, values) {
	return func(e *entry, v values) {
		s := v.last()
		n, err := parseInt(s.value)
		if err != nil {
			e.refuse(s, "%v", err)
			return
		}
		e.put(attr, s, n)
	}
}

func sizeTo(attr services.AttrID) func(*entry, values) {
	return func(e *entry, v values) {
		s := v.last()
		n, err := parseSize(s.value)
		if err != nil {
			e.refuse(s, "%v", err)
			return
		}
		e.put(attr, s, n)
	}
}

// secondsTo is of whole seconds, of which 0 is as if nothing were said.
func secondsTo(attr services.AttrID) func(*entry, values) {
	return func(e *entry, v values) {
		s := v.last()
		d, infinite, err := parseSpan(s.value, time.Second)
		switch {
		case err != nil:
			e.refuse(s, "%v", err)
		case infinite:
			e.refuse(s, "infinity is no number of seconds")
		case d > 0:
			e.put(attr, s, int64((d+time.Second-1)/time.Second))
		}
	}
}

func limitTo(attr services.AttrID, unit limitUnit) func(*entry, values) {
	return func(e *entry, v values) {
		s := v.last()
		limit, err := parseLimit(s.value, unit)
		if err != nil {
			e.refuse(s, "%v", err)
			return
		}
		e.put(attr, s, limit)
	}
}

// maxBacklog is as many as the kernel lets wait; systemd's word for it is 4294967295.
const maxBacklog = 1<<31 - 1

func backlog(e *entry, v values) {
	s := v.last()
	n, err := parseInt(s.value)
	if err != nil {
		e.refuse(s, "%v", err)
		return
	}
	e.put(services.Listen, s, min(n, maxBacklog))
}

// description is the socket unit's: the service unit's may speak of an instance.
func description(e *entry, v values) {
	if s := v.last(); slices.Contains(e.socket.get("Unit", "Description"), s) {
		textTo(services.Description)(e, v)
	}
}

// maxConnections speaks of connections that systemd accepts.
func maxConnections(e *entry, v values) {
	if e.accept {
		if v.last().value == "0" {
			e.refuse(v.last(), "0 lets nobody in: systemd wants more")
			return
		}
		numberTo(services.MaxServers)(e, v)
	}
}

func perSource(e *entry, v values) {
	if e.accept {
		numberTo(services.PerSource)(e, v)
	}
}

// services of IP that have names.
var tos = map[string]int64{"low-delay": 16, "throughput": 8, "reliability": 4, "low-cost": 2}

func typeOfService(e *entry, v values) {
	if n, ok := tos[v.last().value]; ok {
		e.put(services.IPTos, v.last(), n)
		return
	}
	numberTo(services.IPTos)(e, v)
}

// umask is octal, with or without a 0 before it.
func umask(e *entry, v values) {
	s := v.last()
	digits := strings.TrimLeft(s.value, "0")
	for len(digits) < 3 {
		digits = "0" + digits
	}
	e.put(services.Umask, s, digits)
}
