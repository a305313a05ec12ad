// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// probeAll puts the probe into each peer's handler's place: a server that does
// less than its configuration says would win unfairly. A peer that cannot be had
// is left out; superd, or a peer that does not do what it should, ends the run.
func (b *bench) probeAll(peers []*peer) (present []*peer, err error) {
	b.rep.title("The servers, and what a probe found in the handler's place")
	for _, p := range peers {
		if argv, err := p.argv(b); err != nil {
			if p.name == "superd" {
				return nil, err
			}
			b.missing = append(b.missing, fmt.Sprintf("%s: %v", p.name, err))
			continue
		} else {
			b.rep.printf("\n%s: %s\n    $ %s\n", p.name, p.about, strings.Join(argv, " "))
		}
		if err := b.keepConfig(p); err != nil {
			return nil, err
		}
		said, err := p.probe(b)
		if err != nil {
			return nil, err
		}
		b.rep.printf("    %s\n", said)
		present = append(present, p)
	}
	return present, nil
}

// keepConfig leaves a copy of the peer's configuration beside the report.
func (b *bench) keepConfig(p *peer) error {
	if p.config == "" {
		return nil
	}
	text, err := os.ReadFile(b.program(p.config))
	if err != nil {
		return err
	}
	name := filepath.Join(b.rep.dir, p.name+filepath.Ext(p.config))
	b.rep.printf("    (%s)\n", name)
	return os.WriteFile(name, text, 0o644)
}

// argv is the command line for the report.
func (p *peer) argv(b *bench) ([]string, error) {
	s := setup{[]string{b.program("handler")}, 1}
	if p.configure != nil {
		return p.configure(b, s)
	}
	d, err := p.boot(b, s)
	if err != nil {
		return nil, err
	}
	d.stop()
	return []string{"systemd", "--system", "--unit=bench.socket"}, nil
}

// probe starts the peer with the probe and compares what it says with want.
func (p *peer) probe(b *bench) (string, error) {
	d, err := p.start(b, setup{[]string{b.program("probe")}, 1}, plainFiles)
	if err != nil {
		return "", err
	}
	defer d.stop()
	text, err := converse(nil, serviceAddr(0), "")
	if err != nil {
		return "", fmt.Errorf("%s: cannot reach the probe: %v", p.name, err)
	}
	if err := compareProbe(p.want, parseProbe(text)); err != nil {
		return "", fmt.Errorf("%s: does not do what it was asked to: %v", p.name, err)
	}
	if p.refuses {
		if text, err := converse(net.ParseIP(stranger), serviceAddr(0), ""); text != "" {
			return "", fmt.Errorf("%s: answered %s, which its address rules refuse (%v)", p.name, stranger, err)
		}
	}
	said := strings.Join(strings.Fields(text), " ")
	if p.refuses {
		said += "; refuses " + stranger
	}
	return said, nil
}

func parseProbe(text string) map[string]string {
	m := map[string]string{}
	for line := range strings.Lines(text) {
		if k, v, ok := strings.Cut(strings.TrimSpace(line), "="); ok {
			m[k] = v
		}
	}
	return m
}

// compareProbe names all that differs, in a fixed order.
func compareProbe(want, have map[string]string) error {
	var wrong []string
	for _, k := range slices.Sorted(maps.Keys(want)) {
		if v, ok := have[k]; !ok || v != want[k] {
			wrong = append(wrong, fmt.Sprintf("%s is %q, not %q", k, v, want[k]))
		}
	}
	if wrong != nil {
		return fmt.Errorf("%s", strings.Join(wrong, ", "))
	}
	return nil
}
