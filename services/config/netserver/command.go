// SPDX-License-Identifier: Apache-2.0

package netserver

import (
	"fmt"
	"slices"
	"strings"

	"superd/services"
	"superd/services/config"
)

// Command is a command line: Net::Server's options, superd's attributes, and behind
// "--" a program.
type Command struct {
	Program  []string // behind "--", with its arguments; its caller makes the path absolute
	ConfFile string   // the last conf_file; "" = none
	Dir      string   // where relative paths start; "" = they are refused
	Demo     []string // the program of who names none; nil = one must be named

	pairs []pair
}

// ParseCommand reads the words of a command line: --key value, --key=value,
// key=value, key value. Where Net::Server's reading of a word hangs on the next one,
// superd asks for more: a key that is no flag wants a value, and what is no key and
// has no "--" is an error. A key that is neither Net::Server's nor an attribute is
// the program's, unless it is one edit away from such: its typist is there to be
// told.
func ParseCommand(words []string) (*Command, error) {
	c := &Command{}
	if len(words) > 0 && IsPersonality(words[0]) {
		c.add(pair{key: "server_type", name: "server_type", value: words[0]})
		words = words[1:]
	}
	personal := len(c.pairs) > 0 && c.pairs[0].value != multiType // which of them says server_type
	for len(words) > 0 {
		if words[0] == "--" {
			c.Program = words[1:]
			break
		}
		p, rest, err := parseWord(words)
		if err != nil {
			return nil, err
		}
		if personal && p.group() == "mode" {
			return nil, fmt.Errorf("%q: %s says it already", p.key, c.pairs[0].value)
		}
		c.add(p)
		words = rest
	}
	return c, nil
}

// add keeps a pair, without a place in any file. Of conf_file the last counts.
func (c *Command) add(p pair) {
	p.pos = config.Pos{File: services.FromCommandLine}
	p.at = p.pos
	if p.name == "conf_file" && !p.native {
		c.ConfFile = p.value
		return
	}
	c.pairs = append(c.pairs, p)
}

// parseWord reads the first word, with the next where that is its value.
func parseWord(words []string) (p pair, rest []string, err error) {
	word, rest := words[0], words[1:]
	body, dashed := strings.CutPrefix(word, "--")
	if !dashed && strings.HasPrefix(word, "-") {
		return p, nil, fmt.Errorf("unknown option %q", clip(word))
	}
	key, has := body, false
	if i := strings.IndexAny(body, "= "); i >= 0 {
		key, p.value, has = body[:i], body[i+1:], true
	}
	if err := p.resolve(key, has); err != nil {
		return p, nil, err
	}
	known := p.name != ""
	next := ""
	if len(rest) > 0 {
		next = rest[0]
	}
	switch {
	case has:
	case !dashed && !known:
		return p, nil, fmt.Errorf("%q is not KEY=VALUE; the program stands behind --", clip(word))
	case known && p.isFlag():
		if p.value = "1"; next == "0" || next == "1" || flagWord(next) != "" || slices.Contains(flagWords[p.name], next) {
			p.value, rest = next, rest[1:]
		}
	case len(rest) == 0 || strings.HasPrefix(next, "--"):
		if p.value = "1"; known {
			return p, nil, fmt.Errorf("%q wants a value", word)
		}
	case !known && isAssignment(next):
		p.value = "1"
	default:
		p.value, rest = next, rest[1:]
	}
	return p, rest, nil
}

// resolve finds what a key is. Dashes do for underscores in those that superd knows.
func (p *pair) resolve(word string, has bool) error {
	name := strings.ReplaceAll(word, "-", "_")
	p.key = word
	if has && len(name) > 1 && (strings.HasSuffix(word, "+") || strings.HasSuffix(word, "-")) {
		return p.operate(word)
	}
	if keys[name] != nil {
		p.key, p.name = name, name
		return nil
	}
	if _, ok := attribute(name); ok {
		p.key, p.name, p.native = name, name, true
		return nil
	}
	if name == services.Include.String() {
		return fmt.Errorf("attribute %q: belongs in a file", name)
	}
	if meant := misspelt(word, wordNames); meant != "" {
		return fmt.Errorf("attribute %q: unknown attribute; did you mean %q? (--extra \"%s VALUE\" hands it to the program)", clip(word), meant, clip(word))
	}
	if _, err := services.Extra.Row().Parse(word + " 1"); err != nil {
		return fmt.Errorf("%q is not KEY=VALUE; the program stands behind --", clip(word))
	}
	return nil
}

// operate takes KEY+=VALUE, of a list of superd's own.
func (p *pair) operate(word string) error {
	if strings.HasSuffix(word, "-") {
		return fmt.Errorf("attribute %q: there is nothing to take from", clip(word))
	}
	name := strings.ReplaceAll(strings.TrimSuffix(word, "+"), "-", "_")
	attr, ok := attribute(name)
	if !ok || !attr.Row().Lists {
		return fmt.Errorf("attribute %q: is no list: += does not apply", clip(name))
	}
	p.key, p.name, p.native, p.add = name, name, true, true
	return nil
}

// flagWords are values that Net::Server's manual has for keys that are flags otherwise.
var flagWords = map[string][]string{
	"reverse_lookups":        {"double", "double-detail", "double-autofail", "double-debug"},
	"double_reverse_lookups": {"detail", "autofail", "debug"},
}

func (p *pair) isFlag() bool {
	if p.native {
		attr, _ := attribute(p.name)
		return attr.Row().Kind == services.KindBool
	}
	return keys[p.name].flag
}

// isAssignment tells whether a word is key=value of a key that superd knows.
func isAssignment(word string) bool {
	key, _, ok := strings.Cut(word, "=")
	name := strings.ReplaceAll(key, "-", "_")
	_, native := attribute(name)
	return ok && (native || keys[name] != nil)
}

// wordNames are all keys of a command line.
var wordNames = allNames()

func allNames() []string {
	names := slices.Clone(keyNames)
	for _, row := range services.Table() {
		if row.Name != "" {
			names = append(names, row.Name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Check returns what is wrong with a value on the command line itself.
func (c *Command) Check(host *config.Host) error {
	t := &translation{host: host, sink: nowhere{}, command: c}
	t.translate(nil)
	return t.invalid
}

// Background tells whether the server is to leave the foreground, as the command
// line or else the conf_file says.
func (c *Command) Background(host *config.Host) bool {
	t := &translation{host: host, sink: nowhere{}, command: c}
	var file []pair
	if c.ConfFile != "" {
		if data, err := host.ReadFile(c.ConfFile); err == nil {
			file = t.read(0, string(data))
		}
	}
	said := strongest(c.pairs, file)
	for _, name := range []string{"background", "setsid"} {
		for _, p := range said[name] {
			if last := said[name][len(said[name])-1]; p == last && t.truth(p) && !(name == "setsid" && p.onCommandLine() && flagWord(p.value) != "") {
				return true
			}
		}
	}
	return false
}

// nowhere is a Sink for who wants to know one thing alone.
type nowhere struct{}

func (nowhere) File(string) services.FileID                                { return services.FirstFile }
func (nowhere) Report(config.Severity, config.Pos, string, string, string) {}
