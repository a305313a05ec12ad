// SPDX-License-Identifier: Apache-2.0

package services

import (
	"reflect"
	"regexp"
	"strings"
	"testing"
)

func TestTableIsWhole(t *testing.T) {
	name := regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	for id := range NumAttrs {
		a := id.Row()
		switch {
		case a.ID != id || !name.MatchString(a.Name):
			t.Errorf("attribute %d has the row %q of %d", id, a.Name, a.ID)
		case a.Scope == 0 || a.Scope&InDaemon != 0 && a.Scope != InDaemon:
			t.Errorf("%s: scope %b", a.Name, a.Scope)
		case a.Doc == "" || !strings.HasSuffix(a.Doc, "."):
			t.Errorf("%s: no documentation: %q", a.Name, a.Doc)
		case kinds[a.Kind].want == "" || kinds[a.Kind].text == nil && kinds[a.Kind].item == nil:
			t.Errorf("%s: kind %d cannot be read", a.Name, a.Kind)
		case a.Default != nil && !a.Holds(a.Default):
			t.Errorf("%s: the default %#v is not %s", a.Name, a.Default, a.Kind)
		case (a.Kind == KindWord || a.Kind == KindWords || a.Kind == KindMode) != (a.Words != nil):
			t.Errorf("%s: words %q for kind %s", a.Name, a.Words, a.Kind)
		case a.Lists && !a.Kind.isList():
			t.Errorf("%s: += on what is no list", a.Name)
		case a.Reload > Replace:
			t.Errorf("%s: reload %s", a.Name, a.Reload)
		case (a.Kind == KindInt || a.Kind == KindBytes || a.Kind == KindWholeSeconds || a.Kind == KindOctal) && a.Max <= a.Min:
			t.Errorf("%s: %d to %d", a.Name, a.Min, a.Max)
		}
		for _, w := range a.LaterWords {
			if _, err := a.Parse(w); err != nil {
				t.Errorf("%s: the word for later %q is none: %v", a.Name, w, err)
			}
		}
	}
}

// A default goes through Format and Parse (lists: FromTOML) unchanged, so that
// what show prints can be written into a file.
func TestDefaultsReadBack(t *testing.T) {
	for id := range NumAttrs {
		a := id.Row()
		if a.Default == nil {
			continue
		}
		if v, err := a.FromTOML(a.Default); err != nil || !reflect.DeepEqual(v, a.Default) {
			t.Errorf("%s: FromTOML(%#v) = %#v, %v", a.Name, a.Default, v, err)
		}
		if v, err := a.Parse(a.Format(a.Default)); err != nil || !reflect.DeepEqual(v, a.Default) {
			t.Errorf("%s: Parse(%q) = %#v, %v", a.Name, a.Format(a.Default), v, err)
		}
	}
}

func TestLookup(t *testing.T) {
	for id := range NumAttrs {
		a := id.Row()
		for _, place := range []Scope{InService, InDefaults, InSocket, InDaemon} {
			got, ok := LookupIn(place, a.Name)
			if a.Scope&place != 0 && (!ok || got != id) {
				t.Errorf("%s is not found in %b", a.Name, place)
			}
		}
		if _, ok := Lookup(a.Name); !ok {
			t.Errorf("%s is not found", a.Name)
		}
	}
	for name, want := range map[string]AttrID{"max_servers": MaxServers, "user": User, "log_level": LogLevel} {
		if got, ok := Lookup(name); !ok || got != want {
			t.Errorf("Lookup(%q) = %s, %v", name, got, ok)
		}
	}
	for _, name := range []string{"", "instances", "Port", "max-servers"} {
		if got, ok := Lookup(name); ok {
			t.Errorf("Lookup(%q) = %s", name, got)
		}
	}
	if _, ok := LookupIn(InDaemon, "port"); ok {
		t.Error("port is found in [daemon]")
	}
	if _, ok := LookupIn(InDefaults, "disable"); ok {
		t.Error("disable is found in [defaults]")
	}
}

func TestSuggest(t *testing.T) {
	for name, want := range map[string]string{
		"instances": "max_servers", "server": "exec", "server_args": "exec", "interface": "host", "bind": "host",
		"socket_type": "proto", "protocol": "proto", "wait": "mode", "server_type": "mode",
		"max-servers": "max_servers", "MAX_SERVERS": "max_servers", "max_server": "max_servers", "maxservers": "max_servers",
		"prot": "port", "onlyfrom": "only_from", "no_acess": "no_access", "cidr_alow": "cidr_allow",
		"working_dir": "", "rlimit_nofile": "rlimit_files", "log_fiel": "log_file", "keep_alive": "keepalive",
		"": "", "x": "", "zzzzzzzz": "", strings.Repeat("port", 1000): "", "ÿÿÿÿ": "",
	} {
		if got := Suggest(name); got != want {
			t.Errorf("Suggest(%.20q) = %q, want %q", name, got, want)
		}
	}
	for id := range NumAttrs {
		if got := Suggest(id.String()); got != id.String() {
			t.Errorf("Suggest(%q) = %q", id, got)
		}
	}
}
