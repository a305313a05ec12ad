// SPDX-License-Identifier: Apache-2.0

// Package native reads superd's own format: TOML with [defaults], [daemon],
// [services.NAME] and [[services.NAME.socket]].
//
// Owns: TOML syntax, the shape of the sections, include. Does not know:
// inheritance and validation; those are config's. Concurrency: a FrontEnd holds
// nothing and can be used by many at once. Errors: all go to the Sink, with
// their places; Parse itself does not fail. A wrong value costs its service;
// what could be a protection of all services (defaults, an unknown section, a
// file that is not TOML) costs the file set.
package native

import (
	"superd/services"
	"superd/services/config"
)

// FrontEnd is the native format's front-end.
type FrontEnd struct{}

var _ config.FrontEnd = FrontEnd{}

// Parse reads name and all that it includes.
func (FrontEnd) Parse(host *config.Host, sink config.Sink, name string, data []byte) config.Unit {
	p := &parser{host: host, sink: sink, unit: &config.Unit{Format: "native"}, services: map[string]*service{}, read: map[string]config.Pos{}, names: map[services.FileID]string{}, unknown: map[string]string{}}
	p.file(name, data, config.Pos{})
	for _, s := range p.order {
		p.unit.Entries = append(p.unit.Entries, s.Entry)
	}
	return *p.unit
}

// parser is one Parse: a main file with all that it includes.
type parser struct {
	host     *config.Host
	sink     config.Sink
	unit     *config.Unit
	services map[string]*service
	order    []*service
	read     map[string]config.Pos // the files read → where they were included
	names    map[services.FileID]string
	unknown  map[string]string // attributes that there are not → what to say; a slip is made many times over
	depth    int               // of includes
}

// service is an entry that is being read.
type service struct {
	config.Entry
	header config.Pos // of [services.NAME]; Line 0: not seen yet
}

// service finds or begins the entry of an id.
func (p *parser) service(id string, pos config.Pos) *service {
	s, ok := p.services[id]
	if !ok {
		s = &service{Entry: config.Entry{ID: id, Name: id, Pos: pos}}
		p.services[id] = s
		if id == "" { // remarks could not name it, nor anybody ask for it
			p.fail(pos, "", "a service without a name")
			return s
		}
		p.order = append(p.order, s)
		if !validID(id) {
			p.refuse(s, pos, "", "a service's id is 1 to 100 printable characters without blanks")
		}
	}
	return s
}

// validID keeps out what would break a log line or a status table.
func validID(id string) bool {
	for _, r := range id {
		if r <= ' ' || r == 0x7f || (r >= 0x80 && r < 0xa0) || r == '\uFFFD' {
			return false
		}
	}
	return id != "" && len(id) <= 100
}

// refuse reports an error that costs the service.
func (p *parser) refuse(s *service, pos config.Pos, attribute, message string) {
	s.State = services.Refused
	p.sink.Report(config.Error, pos, s.ID, attribute, message)
}

// fail reports an error that costs the file set.
func (p *parser) fail(pos config.Pos, attribute, message string) {
	p.unit.Failed = true
	p.sink.Report(config.Error, pos, "", attribute, message)
}
