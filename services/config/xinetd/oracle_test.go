// SPDX-License-Identifier: Apache-2.0

package xinetd_test

import (
	"regexp"
	"strings"
)

// oracle is what the real xinetd made of one file: which services it started, and
// its dump of each.
type oracle struct {
	edited   bool                // section C: the file was edited so that disabled services start
	started  []string            // ids, in order, of the full log
	plain    []string            // ids of section B: the file as it is
	failed   map[string]bool     // names of services that could not be started on that machine
	defaults map[string]string   // the dump of defaults
	services map[string][]dumped // by id
	users    []string            // accounts that were made for the file
	groups   []string
}

// dumped is one service's dump: "port" -> "21".
type dumped map[string]string

var (
	startedLine = regexp.MustCompile(`\{cnf_start_services\} Started service: (\S+)`)
	failedLine  = regexp.MustCompile(`\{cnf_start_services\} Service (\S+) failed to start`)
	addedLine   = regexp.MustCompile(`added users (.*?); groups (.*?);`)
)

// readOracle reads a file of the corpus's oracle folder.
func readOracle(text string) oracle {
	o := oracle{failed: map[string]bool{}, services: map[string][]dumped{}}
	head, log, _ := strings.Cut(text, "\n== full log of ")
	o.edited = strings.HasPrefix(log, "C")
	if m := addedLine.FindStringSubmatch(head); m != nil {
		o.users, o.groups = added(m[1]), added(m[2])
	}
	if _, b, ok := strings.Cut(head, "\n== B "); ok {
		_, b, _ = strings.Cut(b, "\nstarted: ")
		b, _, _ = strings.Cut(b, "\n")
		if b != "(none)" {
			o.plain = strings.Fields(b)
		}
	}
	for _, m := range startedLine.FindAllStringSubmatch(log, -1) {
		o.started = append(o.started, m[1])
	}
	for _, m := range failedLine.FindAllStringSubmatch(log, -1) {
		o.failed[m[1]] = true
	}
	o.dumps(log)
	return o
}

func added(list string) []string {
	if list == "-" {
		return nil
	}
	return strings.Fields(list)
}

// dumps reads the blocks that begin with "Service". Below "Environment additions"
// and the like the lines are indented twice.
func (o *oracle) dumps(log string) {
	var block dumped
	var list string
	done := func() {
		if id := block["id"]; id != "" {
			o.services[id] = append(o.services[id], block)
		}
		block = nil
	}
	for line := range strings.Lines(log) {
		line = strings.TrimRight(line, "\r\n")
		switch {
		case line == "Service defaults":
			block = dumped{}
			o.defaults = block
		case strings.HasPrefix(line, "Service configuration: "):
			done()
			block = dumped{"name": strings.TrimPrefix(line, "Service configuration: ")}
		case block != nil && strings.HasPrefix(line, "\t\t"):
			block[list] += strings.TrimPrefix(line, "\t\t") + "\n"
		case block != nil && strings.HasPrefix(line, "\t"):
			list = block.line(strings.TrimPrefix(line, "\t"))
		case line == "":
			done()
		}
	}
	done()
}

// line enters one line of a dump and returns its name.
func (d dumped) line(line string) string {
	switch {
	case strings.HasPrefix(line, "Logging to "), line == "No logging":
		d["log"] = line
		return "log"
	case strings.HasPrefix(line, "Only from:"), strings.HasPrefix(line, "No access:"):
		name, value, _ := strings.Cut(line, ":")
		d[name] = strings.TrimSpace(value)
		return name
	}
	name, value, ok := strings.Cut(line, " =")
	if !ok {
		name, value, _ = strings.Cut(line, ":")
	}
	d[name] = strings.TrimSpace(value)
	return name
}
