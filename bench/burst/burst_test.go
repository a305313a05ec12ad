// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestMain lets this program be the pool's worker.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == "worker" {
		main()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// TestBurst runs a small one: the pool follows the clients, and goes back.
func TestBurst(t *testing.T) {
	dir := t.TempDir()
	superd, err := build(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	b := burst{
		clients: 12, ramp: 50 * time.Millisecond, hold: time.Second, calm: 50 * time.Millisecond, work: 20 * time.Millisecond,
		min: 2, max: 6, atRest: 3, patience: 30 * time.Second,
		attributes: "min_spare_servers = 1\nmax_spare_servers = 3\ncheck_for_waiting = 0.2\nmin_child_ttl = 0.2\n",
	}
	got, err := b.run(t.Context(), superd, dir)
	if err != nil {
		log, _ := os.ReadFile(dir + "/log")
		t.Fatalf("%v\n%s", err, log)
	}
	if n := got.clients.most(); n != 12 {
		t.Errorf("%d clients at most, want 12", n)
	}
	if n := got.workers.most(); n != 6 {
		t.Errorf("%d workers at most, want 6", n)
	}
	if n := got.served.most(); n < 1 || n > 6 {
		t.Errorf("%d clients served at most, want 1 to 6", n)
	}
	if n := got.workers[len(got.workers)-1].n; n > 3 {
		t.Errorf("%d workers in the end, want 3 at most", n)
	}
	if first := got.workers[0].n; first != 2 {
		t.Errorf("%d workers in the beginning, want 2", first)
	}
	text, err := draw(b, got)
	if err != nil {
		t.Fatal(err)
	}
	lookAt(t, text)
}

// TestTheDocumentsPicture: what the documentation shows is such a picture.
func TestTheDocumentsPicture(t *testing.T) {
	text, err := os.ReadFile("../../docs/pool-burst.svg")
	if err != nil {
		t.Fatal(err)
	}
	lookAt(t, text)
	if want := "200 clients come at once and go again; the pool grows from 5 to 50 workers and shrinks to 5."; !strings.Contains(string(text), want) {
		t.Errorf("it does not say %q", want)
	}
}

// lookAt holds a picture to what every one has.
func lookAt(t *testing.T, text []byte) {
	t.Helper()
	if len(text) >= 60<<10 {
		t.Errorf("the picture has %d bytes", len(text))
	}
	d := xml.NewDecoder(strings.NewReader(string(text)))
	var paths int
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if e, ok := token.(xml.StartElement); ok && e.Name.Local == "path" {
			paths++
			inside(t, e)
		}
	}
	if paths != 3 {
		t.Errorf("%d lines, want 3", paths)
	}
	for _, want := range []string{"prefers-color-scheme: dark", ">seconds<", ">clients, workers<", "max_servers = ", "min_servers = ", "<title"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the picture has no %q", want)
		}
	}
}

// inside: a line stays in the drawing area, and its time goes on.
func inside(t *testing.T, e xml.StartElement) {
	t.Helper()
	i := slices.IndexFunc(e.Attr, func(a xml.Attr) bool { return a.Name.Local == "d" })
	if i < 0 {
		t.Fatal("a line without a path")
	}
	at := left
	for _, m := range regexp.MustCompile(`([HV])([0-9.]+)`).FindAllStringSubmatch(e.Attr[i].Value, -1) {
		v, err := strconv.ParseFloat(m[2], 64)
		if err != nil {
			t.Fatal(err)
		}
		if m[1] == "V" && (v < top || v > bottom) {
			t.Errorf("a line is at the height %v", v)
		}
		if m[1] == "H" {
			if int(v) < at || v > right {
				t.Errorf("a line goes from %d to %v", at, v)
			}
			at = int(v)
		}
	}
	if at != right {
		t.Errorf("a line ends at %d, not %d", at, right)
	}
}
