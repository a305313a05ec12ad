// SPDX-License-Identifier: Apache-2.0

package inetd

import (
	"strconv"
	"strings"

	"superd/services"
)

// waitField reads the fourth field: wait or nowait, and behind a separator numbers
// that mean something else in each dialect.
func (e *entry) waitField(w word) {
	text := w.text
	base, rest, sep := text, "", ""
	if i := strings.IndexAny(text, "./:"); i >= 0 {
		base, sep, rest = text[:i], text[i:i+1], text[i+1:]
	}
	e.waits(w, base)
	if sep == "" {
		return
	}
	d := e.run.dialect
	if !strings.Contains(d.habits().separator, sep) {
		owner := map[string]string{"/": "FreeBSD's", ":": "NetBSD's", ".": "openbsd-inetd's"}[sep]
		e.warn("wait", w.pos, "%s sets no limit for %q; superd takes it as %s", d.title(), clip(sep+rest), owner)
	}
	if sep == "/" {
		e.perChild(w, strings.Split(rest, "/"))
		return
	}
	e.perMinute(word{text: rest, pos: w.pos}, sep)
}

// waits reads the word itself. FreeBSD looks at its beginning and drops the line if
// it is neither; the others take for nowait what is not wait.
func (e *entry) waits(w word, base string) {
	mode := "inet"
	switch {
	case base == "wait":
		mode = "wait"
	case base == "nowait":
	case e.run.dialect != FreeBSD:
		e.warn("wait", w.pos, "%q is neither wait nor nowait; %s takes it for nowait, and so does superd", clip(base), e.run.dialect.title())
	case strings.HasPrefix(base, "wait"):
		mode = "wait"
		e.warn("wait", w.pos, "%q is taken for wait, as %s does", clip(base), e.run.dialect.title())
	case strings.HasPrefix(base, "nowait"):
		e.warn("wait", w.pos, "%q is taken for nowait, as %s does", clip(base), e.run.dialect.title())
	default:
		e.fail("wait", w.pos, "%q is neither wait nor nowait", clip(base))
	}
	e.set(services.Mode, "wait", w.pos, mode)
}

// perMinute sets how often the service is started in a minute. What is no number
// sets the usual limit in openbsd-inetd, as far as it is one in GNU's, and 0, which
// nobody wants, in NetBSD's.
func (e *entry) perMinute(w word, sep string) {
	d := e.run.dialect
	n, err := strconv.ParseInt(w.text, 10, 64)
	if d == OpenBSD && sep == "." { // strtoul with base 0: 0x20 and 040 are 32
		n, err = strconv.ParseInt(w.text, 0, 64)
	}
	usual := d.habits().rate
	if e.run.options.Rate > 0 {
		usual = e.run.options.Rate
	}
	switch {
	case d == NetBSD && (err != nil || n < 0):
		e.fail("wait", w.pos, "%q is no number, and %s takes it for 0: it serves nobody", clip(w.text), d.title())
	case err == nil && n == 0 && d == NetBSD:
		e.set(services.StartsPerMinute, "wait", w.pos, int64(0))
	case err != nil || n < 1:
		e.warn("wait", w.pos, "%q is no limit: the usual one of %d a minute stands, as in %s", clip(w.text), usual, d.title())
	default:
		if d == OpenBSD && sep == "." {
			e.aside("wait", w.pos, "%d starts a minute are meant", n)
		}
		e.set(services.StartsPerMinute, "wait", w.pos, n)
	}
}

// perChild reads FreeBSD's max-child/max-connections-per-ip-per-minute/
// max-child-per-ip. 0 is no limit.
func (e *entry) perChild(w word, numbers []string) {
	attrs := []services.AttrID{services.MaxServers, services.PerSourcePerMinute, services.PerSource}
	if len(numbers) > len(attrs) {
		e.fail("wait", w.pos, "%q has more than 3 numbers", clip(w.text))
		return
	}
	waits := strings.HasPrefix(w.text, "wait")
	for i, text := range numbers {
		n, err := strconv.ParseInt(text, 10, 32)
		switch {
		case err != nil || n < 0:
			e.fail("wait", w.pos, "%q is no count", clip(text))
		case waits && i == 0 && n != 1:
			e.warn("wait", w.pos, "a limit of %d has no effect: of a wait service one program runs", n)
		case n > 0 && !(waits && i == 0):
			e.set(attrs[i], "wait", w.pos, n)
		}
	}
}

// count reads a number that says a limit by itself: 0 serves nobody.
func (e *entry) count(attr services.AttrID, as string, w word) {
	n, err := strconv.ParseInt(w.text, 10, 64)
	if err != nil || n < 0 {
		e.fail(as, w.pos, "%q is no count", clip(w.text))
		return
	}
	e.set(attr, as, w.pos, n)
}
