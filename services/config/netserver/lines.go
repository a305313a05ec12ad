// SPDX-License-Identifier: Apache-2.0

package netserver

import (
	"fmt"
	"regexp"
	"strings"

	"superd/services"
	"superd/services/config"
)

// maxLine bounds what is read as one line, and maxKeys how many lines have a key: far
// more than anybody writes, and few enough that their remarks can be read.
const (
	maxLine = 64 << 10
	maxKeys = 10_000
)

// confLine is the expression by which Net::Server's _read_conf knows a line. Perl's
// \s has the vertical tab, which Go's has not.
var confLine = regexp.MustCompile(`^[\t\n\v\f\r ]*((?:--)?\w+)(?:[\t\n\v\f\r ]*[=:][\t\n\v\f\r ]*|[\t\n\v\f\r ]+)(.+)`)

// option is the expression by which its process_args knows a word.
var option = regexp.MustCompile(`^(?:--)?(\w+)(?:[= ]\S+)?$`)

// percent is what process_args decodes, wrongly: one digit, and not two.
var percent = regexp.MustCompile(`%[0-9A-Fa-f]`)

// read reads a file's lines.
func (t *translation) read(file services.FileID, text string) []pair {
	if rest, ok := strings.CutPrefix(text, "\ufeff"); ok {
		text = rest
		t.once("bom", config.Pos{File: file, Line: 1, Col: 1}, "the file begins with a byte order mark; superd passes over it")
	}
	var pairs []pair
	number := uint32(0)
	for line := range strings.Lines(text) {
		number++
		pos := config.Pos{File: file, Line: number, Col: 1}
		bare := strings.TrimSuffix(line, "\n")
		if strings.HasSuffix(bare, "\r") {
			t.once("crlf", pos, "the lines end in CR LF; Net::Server takes the CR for part of the value, superd passes over it")
			bare = strings.TrimRight(bare, "\r")
			line = bare + "\n"
		}
		nul := strings.IndexByte(bare, 0)
		if len(pairs) == maxKeys {
			t.refuse("", pos, "there are more than %d lines with a key", maxKeys)
			break
		}
		switch {
		case len(bare) > maxLine:
			t.refuse("", pos, "the line is longer than %d bytes", maxLine)
		case nul >= 0:
			t.refuse("", place(pos, nul), "there is a NUL byte in the line")
		default:
			if p, ok := t.line(pos, line); ok {
				pairs = append(pairs, p)
			}
		}
	}
	return pairs
}

func place(pos config.Pos, i int) config.Pos {
	pos.Col += uint32(i)
	return pos
}

// line reads one line, whose end belongs to it: the expression sees it.
func (t *translation) line(pos config.Pos, line string) (pair, bool) {
	line = uncomment(line)
	m := confLine.FindStringSubmatchIndex(line)
	if m == nil {
		t.dropped(pos, line)
		return pair{}, false
	}
	p := pair{key: strings.TrimPrefix(line[m[2]:m[3]], "--"), value: line[m[4]:m[5]], pos: place(pos, m[2]), at: place(pos, m[4])}
	p.name, p.native = resolveLine(p.key)
	if p.name == "" && !p.native {
		t.strange(p)
		return p, strings.TrimSpace(p.value) != ""
	}
	trimmed := strings.TrimRight(p.value, blanks)
	if trimmed == "" {
		t.dropped(pos, line)
		return pair{}, false
	}
	if trimmed != p.value {
		t.once("blanks", place(p.at, len(trimmed)), "blanks at the end of a line, or before a comment, are part of the value for Net::Server; superd passes over them")
		p.value = trimmed
	}
	if percent.MatchString(p.value) {
		t.warn(p, "Net::Server decodes the %%, and wrongly; superd takes the value as it is written")
	}
	return p, true
}

const blanks = "\t\n\v\f\r "

// uncomment cuts at a # that no backslash stands before, and takes the backslash of
// others away.
func uncomment(line string) string {
	for i := range len(line) {
		if line[i] == '#' && (i == 0 || line[i-1] != '\\') {
			line = line[:i]
			break
		}
	}
	return strings.ReplaceAll(line, `\#`, "#")
}

// strange warns of a key of the program's that may be meant for superd.
func (t *translation) strange(p pair) {
	if meant := misspelt(p.key, keyNames); meant != "" {
		t.warn(p, "is no key of Net::Server's, and is kept for the program; did you mean %q?", meant)
	}
	if m := option.FindStringSubmatch(p.value); m != nil && keys[m[1]] != nil {
		t.warn(p, "Net::Server takes the value of a key that it does not know, %q, for an option; superd does not", clip(p.value))
	}
}

// dropped tells of a line that Net::Server passes over. It stays so, but where the
// line evidently asks for a protection.
func (t *translation) dropped(pos config.Pos, line string) {
	text := strings.TrimSpace(line)
	if text == "" {
		return
	}
	pos.Col += uint32(strings.Index(line, text[:1]))
	word, _, _ := strings.Cut(strings.TrimPrefix(text, "--"), " ")
	word = strings.TrimRight(word, "=:")
	if meant := strings.ReplaceAll(word, "-", "_"); protections[meant] {
		why := "has no value"
		if meant != word {
			why = fmt.Sprintf("is no key of Net::Server's, which passes over the line; did you mean %q?", meant)
		}
		t.refuse(word, pos, "%s", why)
		return
	}
	t.once(text, pos, fmt.Sprintf("%q has not the form KEY VALUE; the line is passed over, as Net::Server does", clip(text)))
}

// protections are the keys without which somebody gets in, or gets further, who
// should not.
var protections = map[string]bool{"allow": true, "deny": true, "cidr_allow": true, "cidr_deny": true, "user": true, "group": true,
	"chroot": true, "reverse_lookups": true, "double_reverse_lookups": true}

func clip(s string) string {
	if len(s) > 60 {
		return s[:57] + "..."
	}
	return s
}
