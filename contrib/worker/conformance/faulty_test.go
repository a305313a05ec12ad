// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"testing"
	"time"
)

// The suite is tested with workers that are wrong in one thing each: it must say
// so in the case that is about that thing.

const envFault = "CONFORMANCE_FAULT"

func TestMain(m *testing.M) {
	if fault, ok := os.LookupEnv(envFault); ok {
		os.Exit(faulty(fault))
	}
	os.Exit(m.Run())
}

var faults = []struct{ fault, found string }{
	{"never ready", "ready comes after hello"},
	{"exits before ready", "ready comes after hello"},
	{"ready without line feed", "ready comes after hello"},
	{"ready before hello", "nothing comes before hello"},
	{"ready twice", "ready comes once"},
	{"claims any version", "a superd of a higher version is told ours"},
	{"works without SUPERD_WORKER", "without SUPERD_WORKER it is no worker"},
	{"works without SUPERD_WORKER", "started for dequeue it is no worker"},
	{"channel stays open on exec", "the channel is closed on exec"},
	{"unknown keys confuse", "unknown keys of hello are ignored"},
	{"unknown keys confuse", "unknown keys of conn are ignored, in any order"},
	{"conf must be unique", "conf may repeat"},
	{"small buffer", "hello has 65,536 bytes"},
	{"small buffer", "conn has 65,536 bytes"},
	{"unknown verbs are an error", "an unknown verb is ignored"},
	{"unknown verbs leak", "an unknown verb's descriptor is closed"},
	{"takes what it has not", "a conn without its descriptor is not answered"},
	{"exits 0 without a descriptor", "a conn without its descriptor is not answered"},
	{"takes what it has not", "a conn for which no descriptor is free is not answered"},
	{"takes what it has not", "a conn without its descriptor, while another is held"},
	{"exits 0 without a descriptor", "a conn without its descriptor, while another is held"},
	{"reads before taken", "taken comes while the client is silent"},
	{"sends before taken", "taken comes while the client is silent"},
	{"done before the end", "done comes when the connection has ended, not before"},
	{"done before close", "the connection is closed when done comes"},
	{"never closes", "the connection is closed when done comes"},
	{"serves one", "several connections, one after another"},
	{"done twice", "id 1"},
	{"done twice", "the channel ends while a connection is served"},
	{"leading zeros", "id 1"},
	{"ids of 32 bits", "id 2^63-1"},
	{"ids in floating point", "ids beyond the exactness of floating point"},
	{"no IPv6", "a client in IPv6"},
	{"no IPv6", "a link-local client"},
	{"tcp only", "a unix client"},
	{"tcp only", "a unixpacket client"},
	{"short echo", "a megabyte each way"},
	{"sends a descriptor", "taken comes while the client is silent"},
	{"long messages", "taken comes while the client is silent"},
	{"unasked messages", "taken comes while the client is silent"},
	{"dies of its clients", "a client that resets its connection"},
	{"dies of SIGPIPE", "a client that does not wait for the answer"},
	{"dies of SIGPIPE", "superd dies while a connection is served"},
	{"leaks descriptors", "a thousand connections leave no descriptor and no process behind"},
	{"one at a time", "several connections at once"},
	{"one at a time", "a silent client does not hold up others"},
	{"one at a time", "a free slot is used while others are busy"},
	{"exits 1", "the channel ends, and the worker holds nothing"},
	{"exits 1", "the channel ends before hello"},
	{"goes on after the end", "the channel ends, and the worker holds nothing"},
	{"drops what it holds", "the channel ends while several are served"},
	{"drops what it holds", "superd dies while several are served"},
	{"a reset is an error", "superd dies before it has read the last answer"},
	{"a reset is the end", "a conn that superd sent before it died is served"},
	{"deaf to SIGTERM", "SIGTERM ends a worker"},
}

func TestFaultsAreFound(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string]testCase{}
	for _, c := range cases() {
		byName[c.name] = c
	}
	for _, f := range faults {
		t.Run(f.fault+"/"+f.found, func(t *testing.T) {
			c, ok := byName[f.found]
			if !ok {
				t.Fatal("there is no such case")
			}
			s := suite{slots: 4, wait: 500 * time.Millisecond}
			s.command = []string{"/usr/bin/env", envFault + "=" + f.fault, self}
			if r := s.try(c); r.err == nil {
				t.Errorf("the fault is not found: %v", r)
			}
		})
	}
}

// TestFaultlessWorker shows that what is found above is the fault, and not the
// faulty worker itself.
func TestFaultlessWorker(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	s := suite{slots: 4, wait: 30 * time.Second, command: []string{"/usr/bin/env", envFault + "=", self}}
	for _, c := range cases() {
		if r := s.try(c); r.err != nil {
			t.Error(r)
		}
	}
}
