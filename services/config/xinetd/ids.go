// SPDX-License-Identifier: Apache-2.0

package xinetd

import (
	"fmt"
	"strings"

	"superd/services"
	"superd/services/config"
)

// switchOff carries out enabled and disabled, which name ids, in any case.
func (r *run) switchOff(entries []*entry) {
	ids := make(map[string]bool, len(entries))
	names := make(map[string]*entry, len(entries))
	for _, e := range entries {
		ids[strings.ToLower(e.id.text)] = true
		names[strings.ToLower(e.block.name)] = e
	}
	set := func(attribute string, words []word) map[string]bool {
		m := make(map[string]bool, len(words))
		for _, w := range words {
			lower := strings.ToLower(w.text)
			m[lower] = true
			if ids[lower] {
				continue
			}
			hint := ""
			if e := names[lower]; e != nil {
				hint = fmt.Sprintf("; the service of that name has the id %q", e.id.text)
			}
			r.sink.Report(config.Warning, w.pos, "", attribute, fmt.Sprintf("no service has the id %q%s", w.text, hint))
		}
		return m
	}
	enabled := set("enabled", r.common.enabled)
	disabled := set("disabled", r.common.disabled)
	for _, e := range entries {
		id := strings.ToLower(e.id.text)
		if disabled[id] || r.common.someEnabled && !enabled[id] {
			e.state = services.Disabled
		}
	}
}

// nameApart sees to it that no two services have the same id. xinetd runs both if
// they listen on different ports, as those do whose only difference is the protocol.
func (r *run) nameApart(entries []*entry) {
	taken := make(map[string]*entry, len(entries))
	tried := map[string]int{} // the number given last to an id
	for _, state := range []services.State{services.Enabled, services.Refused, services.Disabled} {
		for _, e := range entries {
			if e.state != state {
				continue
			}
			if first := taken[e.id.text]; first != nil {
				e.rename(first, taken, tried)
			}
			taken[e.id.text] = e
		}
	}
}

func (e *entry) rename(first *entry, taken map[string]*entry, tried map[string]int) {
	old := e.id.text
	if proto := map[string]string{"dgram": "udp", "stream": "tcp"}[strings.ToLower(e.first("socket_type"))]; proto != "" {
		e.id.text = old + "-" + proto
	}
	for taken[e.id.text] != nil {
		tried[old] = max(tried[old], 1) + 1
		e.id.text = fmt.Sprintf("%s-%d", old, tried[old])
	}
	e.warn(attr{name: "id"}, e.id.pos, "the service of line %d has the id %q as well; this one is called %q here", first.block.pos.Line, old, e.id.text)
}
