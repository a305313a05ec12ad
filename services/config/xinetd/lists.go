// SPDX-License-Identifier: Apache-2.0

package xinetd

import (
	"errors"
	"fmt"
	"math"
	"path"
	"strings"

	"superd/limits"
	"superd/limits/access"
	"superd/services"
	"superd/services/config"
)

// The readers of attributes with a list of values.

func readOnlyFrom(s *scope, a attr) { s.nets(a, services.OnlyFrom, false) }
func readNoAccess(s *scope, a attr) { s.nets(a, services.NoAccess, true) }

// nets reads addresses. xinetd passes over words that it cannot read. In only_from
// that keeps clients out, but in no_access it lets them in, and so refuses the
// service here. So does the comment of a line end: cut in only_from, and read
// in no_access, where it may hold addresses.
func (s *scope) nets(a attr, id services.AttrID, blocks bool) {
	var rules []access.Rule
	good := true
	for _, w := range a.words {
		if w.text[0] == '#' {
			s.warn(a, w.pos, "\"#\" begins no comment behind a value; xinetd reads on")
			if blocks {
				continue
			}
			break
		}
		got, err := access.ParseXinetd(w.text, s.run.resolver())
		var mask *access.MaskError
		switch {
		case err == nil:
			s.netNote(a, w, got)
			rules = append(rules, got...)
		case errors.As(err, &mask) && blocks && mask.Network.Prefix.IsValid():
			s.warn(a, w.pos, "%v; superd keeps out %s", err, mask.Network.Text)
			rules = append(rules, mask.Network)
		case errors.As(err, &mask) && !blocks && mask.Host.Prefix.IsValid():
			s.warn(a, w.pos, "%v", err)
			rules = append(rules, mask.Host)
		case errors.Is(err, access.ErrName), blocks, strings.ContainsAny(w.text, ",{"):
			s.fail(a, w.pos, "%v", err)
			good = false
		default:
			s.warn(a, w.pos, "%v; passed over, so that it lets nobody in", err)
		}
	}
	if good || len(rules) > 0 {
		s.list(a, id, access.Texts(rules))
	}
}

// netNote tells what is odd about a word of addresses, or taken otherwise.
func (s *scope) netNote(a attr, w word, rules []access.Rule) {
	for _, rule := range rules {
		if rule.Note != "" {
			s.warn(a, w.pos, "%s", rule.Note)
			return
		}
	}
	if strings.Contains(w.text, ":") && strings.HasSuffix(w.text, "/128") {
		s.warn(a, w.pos, "%q is an IPv6 host with /128, as which xinetd matches nobody; superd matches the host", w.text)
	} else if _, err := access.ParseXinetd(w.text, access.Resolver{}); errors.Is(err, access.ErrName) {
		s.aside(a, w.pos, "%q stands for the host's addresses in /etc/hosts", w.text)
	}
}

func (r *run) resolver() access.Resolver {
	return access.Resolver{Host: r.host.LookupHost, Network: r.host.LookupNetwork}
}

func readAccessTimes(s *scope, a attr) {
	var times []string
	wrong := false
	for _, w := range a.words {
		window, err := limits.ParseWindow(w.text)
		if err != nil {
			s.fail(a, w.pos, "%v", err)
			wrong = true
			continue
		}
		times = append(times, window.String())
	}
	if wrong {
		return
	}
	if times == nil {
		s.fail(a, a.pos, "there is no time")
		return
	}
	s.set(a, services.AccessTimes, times)
}

// logFlags reads log_on_success or log_on_failure. In defaults a bad word ends
// xinetd; that is no reason to leave all services unserved.
func logFlags(id services.AttrID) func(*scope, attr) {
	return func(s *scope, a attr) {
		var flags []string
		for _, w := range a.words {
			flag := oneOf(w.text, id.Row().Words)
			switch {
			case flag == "" && s.defaults:
				s.warn(a, w.pos, "%q is not known, and so passed over; it would end xinetd", w.text)
				continue
			case flag == "":
				s.fail(a, w.pos, "%q is not known%s", w.text, didYouMean(w.text, id.Row().Words))
				continue
			case flag == "USERID":
				s.warn(a, w.pos, "USERID is not built yet: lines will not have it")
			}
			flags = append(flags, flag)
		}
		s.list(a, id, flags)
	}
}

// oneOf finds text among words, in any case; "" if it is not there.
func oneOf(text string, words []string) string {
	for _, w := range words {
		if strings.EqualFold(w, text) {
			return w
		}
	}
	return ""
}

func didYouMean(text string, words []string) string {
	lower := make([]string, len(words))
	for i, w := range words {
		lower[i] = strings.ToLower(w)
	}
	if best := closest(strings.ToLower(text), lower...); best != "" {
		return fmt.Sprintf(" (did you mean %q?)", oneOf(best, words))
	}
	return ""
}

var (
	facilities = []string{"auth", "authpriv", "cron", "daemon", "ftp", "kern", "lpr", "mail", "news", "syslog", "user", "uucp",
		"local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7"}
	levels = []string{"emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"}
)

func readLogType(s *scope, a attr) {
	kind := ""
	if len(a.words) > 0 {
		kind = strings.ToUpper(a.value())
	}
	switch {
	case kind == "FILE" && len(a.words) >= 2 && len(a.words) <= 4:
		s.logFile(a)
	case kind == "SYSLOG" && len(a.words) >= 2 && len(a.words) <= 3:
		s.logSyslog(a)
	default:
		s.fail(a, a.pos, "wants FILE PATH [SOFT [HARD]] or SYSLOG FACILITY [LEVEL]")
	}
}

func (s *scope) logSyslog(a attr) {
	facility, level := oneOf(a.words[1].text, facilities), "info"
	if facility == "" {
		s.fail(a, a.words[1].pos, "%q is no facility of syslog%s", a.words[1].text, didYouMean(a.words[1].text, facilities))
		return
	}
	if len(a.words) == 3 {
		if level = oneOf(a.words[2].text, levels); level == "" {
			s.fail(a, a.words[2].pos, "%q is no level of syslog%s", a.words[2].text, didYouMean(a.words[2].text, levels))
			return
		}
	}
	s.set(a, services.LogType, []string{"SYSLOG", facility, level})
}

// Without a hard limit xinetd lets the log grow past the soft one by a hundredth
// of it, within these bounds.
const (
	logExtraMin = 5 << 10
	logExtraMax = 20 << 10
)

func (s *scope) logFile(a attr) {
	name := a.words[1].text
	if !path.IsAbs(name) {
		name = path.Join("/", name)
		s.warn(a, a.words[1].pos, "%q is taken from /, as xinetd does when it reads its configuration again; at its start it takes it from where it is started", a.words[1].text)
	}
	value := []string{"FILE", name}
	var sizes []int64
	for _, w := range a.words[2:] {
		n, err := limits.ParseSize(strings.ToUpper(w.text), "KM")
		if err != nil || n > math.MaxInt64-logExtraMax {
			s.fail(a, w.pos, "%q is not a size (N, NK or NM)", w.text)
			return
		}
		sizes = append(sizes, n)
	}
	switch {
	case len(sizes) == 1:
		sizes = append(sizes, sizes[0]+min(max(sizes[0]/100, logExtraMin), logExtraMax))
	case len(sizes) == 2 && sizes[1] < sizes[0]:
		s.fail(a, a.words[3].pos, "the hard limit is below the soft one")
		return
	}
	for _, n := range sizes {
		value = append(value, fmt.Sprint(n))
	}
	s.set(a, services.LogType, value)
}

func readEnv(s *scope, a attr) {
	if a.op == config.Remove {
		s.fail(a, a.pos, "\"-=\" is not for env")
		return
	}
	wrong := false
	for _, w := range a.words {
		if i := strings.IndexByte(w.text, '='); i <= 0 {
			s.fail(a, w.pos, "%q is not NAME=VALUE", w.text)
			wrong = true
		} else if w.text[0] == '"' || w.text[0] == '\'' {
			s.warn(a, w.pos, "quotes have no meaning here: the variable's name is %s", w.text[:i])
		}
	}
	if !wrong {
		s.list(a, services.Env, texts(a.words))
	}
}

func readPassEnv(s *scope, a attr) {
	var names []string
	for _, w := range a.words {
		if w.text[0] == '#' {
			s.warn(a, w.pos, "\"#\" begins no comment behind a value; xinetd reads on")
			break
		}
		if w.text == "*" || strings.Contains(w.text, "=") {
			s.warn(a, w.pos, "%q is no name of a variable, and so passed over", w.text)
			continue
		}
		if _, ok := s.run.host.Getenv(w.text); !ok && a.op != config.Remove {
			s.warn(a, w.pos, "superd has no variable %q at present", w.text)
		}
		names = append(names, w.text)
	}
	s.list(a, services.PassEnv, names)
}

// readEnabled and readDisabled keep ids. In xinetd each operator adds to the list.
func readEnabled(s *scope, a attr) {
	if a.op == config.Remove {
		s.warn(a, a.pos, "\"-=\" adds to the list in xinetd; superd passes over the line")
		return
	}
	s.someEnabled = true
	s.enabled = append(s.enabled, s.ids(a)...)
}

func readDisabled(s *scope, a attr) {
	if a.op == config.Remove {
		s.warn(a, a.pos, "\"-=\" adds to the list, as \"=\" does")
	}
	s.disabled = append(s.disabled, s.ids(a)...)
}

func (s *scope) ids(a attr) []word {
	for i, w := range a.words {
		if w.text[0] == '#' {
			s.warn(a, w.pos, "\"#\" begins no comment behind a value; xinetd reads on")
			return a.words[:i]
		}
	}
	return a.words
}
