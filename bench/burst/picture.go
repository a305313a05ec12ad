// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"strings"
	"text/template"
	"time"
)

// The picture's measures, in its own units. The drawing area stands between the
// axes' labels and the lines' names.
const (
	width, height             = 860, 400
	left, right, top, bottom  = 62, 722, 24, 344
	perSample                 = 2  // units of width a sample
	lineHeight                = 16 // of a name beside its line
	labelsAcross, labelsAbove = 8, 5
)

//go:embed picture.svg.tmpl
var pictureText string

// tick is a mark of an axis.
type tick struct {
	At   float64
	Text string
}

// line is a number over time.
type line struct {
	Class string
	Name  []string
	Path  string
	// NameAt is the height of the name's first line.
	NameAt float64
}

// level is a limit, drawn across.
type level struct {
	At   float64
	Text string
}

type picture struct {
	Width, Height            int
	Left, Right, Top, Bottom int
	Middle, TickEnd          int
	LineHeight               int
	Across, Up               []tick
	Lines                    []line
	Levels                   []level
	About                    string
}

// draw writes the picture.
func draw(b burst, t *timeline) ([]byte, error) {
	most := max(t.clients.most(), t.workers.most(), 1)
	up := func(n int) float64 { return bottom - float64(n)*(bottom-top)/float64(most) }
	p := picture{
		Width: width, Height: height, Left: left, Right: right, Top: top, Bottom: bottom, Middle: (top + bottom) / 2, TickEnd: bottom + 5,
		LineHeight: lineHeight,
		About: fmt.Sprintf("%d clients come at once and go again; the pool grows from %d to %d workers and shrinks to %d.",
			t.clients.most(), b.min, t.workers.most(), b.atRest),
		Levels: []level{{up(b.max), fmt.Sprintf("max_servers = %d", b.max)}, {up(b.min), fmt.Sprintf("min_servers = %d", b.min)}},
		Across: across(t.length),
	}
	for n, step := 0, niceStep(most, labelsAbove); n <= most; n += step {
		p.Up = append(p.Up, tick{up(n), fmt.Sprint(n)})
	}
	for _, l := range []struct {
		class, name string
		of          series
	}{
		{"clients", "clients, served\nor waiting", t.clients},
		{"workers", "workers", t.workers},
		{"served", "clients whom a\nworker serves", t.served},
	} {
		p.Lines = append(p.Lines, line{Class: l.class, Name: strings.Split(l.name, "\n"), Path: path(l.of, t.length, up)})
	}
	// The lines end together at the bottom, so their names stand as in a list.
	at := float64(top + lineHeight)
	for i := range p.Lines {
		p.Lines[i].NameAt = at
		at += lineHeight * (float64(len(p.Lines[i].Name)) + 0.5)
	}
	tmpl, err := template.New("picture").Parse(pictureText)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = tmpl.Execute(&out, p)
	return out.Bytes(), err
}

// path is a series as an SVG path of steps.
func path(s series, length time.Duration, up func(int) float64) string {
	samples := s.sampled(length, length*perSample/(right-left))
	var d strings.Builder
	fmt.Fprintf(&d, "M%d %.1f", left, up(samples[0]))
	for i, n := range samples[1:] {
		if n != samples[i] {
			fmt.Fprintf(&d, "H%dV%.1f", left+(i+1)*perSample, up(n))
		}
	}
	fmt.Fprintf(&d, "H%d", right)
	return d.String()
}

// across are the marks of the seconds.
func across(length time.Duration) []tick {
	var out []tick
	seconds := int(length / time.Second)
	for s, step := 0, niceStep(seconds, labelsAcross); s <= seconds; s += step {
		at := time.Duration(s) * time.Second
		out = append(out, tick{left + float64(right-left)*float64(at)/float64(length), fmt.Sprint(s)})
	}
	return out
}

// niceStep is 1, 2 or 5 times a power of ten, such that most has at most so many steps.
func niceStep(most, steps int) int {
	for unit := 1; ; unit *= 10 {
		for _, f := range []int{1, 2, 5} {
			if most <= unit*f*steps {
				return unit * f
			}
		}
	}
}
