// SPDX-License-Identifier: Apache-2.0

package netserver

import (
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"superd/services"
)

// The keys that are about the daemon, and not about its service.

// takeLogLevel mends what Net::Server mends.
func takeLogLevel(t *translation, said []pair) {
	p := said[0]
	n, err := strconv.ParseUint(p.value, 10, 64)
	switch {
	case err == nil && n > 4:
		t.warn(p, "the highest level is 4")
		p.value = "4"
	case err != nil && !p.onCommandLine():
		t.warn(p, "%q is no number; it is taken for 2, as by Net::Server", clip(p.value))
		p.value = "2"
	}
	t.parse(services.LogLevel, p, p.value)
}

// moduleName is what Net::Server takes for the name of a logging module.
var moduleName = regexp.MustCompile(`^[a-zA-Z]\w*(?:::[a-zA-Z]\w*)*$`)

const sysSyslog = "Sys::Syslog"

// takeLogFile takes a file or Sys::Syslog.
func takeLogFile(t *translation, said []pair) {
	switch p := said[0]; {
	case p.value == services.ToSyslog, p.value == sysSyslog:
		t.set(services.LogFile, p, services.ToSyslog)
		if p.value == sysSyslog && len(t.said["syslog_ident"]) == 0 {
			t.set(services.SyslogIdent, p, "net_server") // what filters of its lines look for
		}
	case strings.Contains(p.value, "::") && moduleName.MatchString(p.value):
		t.warn(p, "superd has no module %s: the log goes to standard error", p.value)
	default:
		t.parse(services.LogFile, p, t.absolute(p))
	}
}

func takePidFile(t *translation, said []pair) {
	t.parse(services.PidFile, said[0], t.absolute(said[0]))
}

// absolute takes a path from where serve was started, as Net::Server does. A file
// that superd run reads has no such place, and its paths stay what they are.
func (t *translation) absolute(p pair) string {
	if t.command == nil || t.command.Dir == "" || path.IsAbs(p.value) || p.value == "" {
		return p.value
	}
	return path.Join(t.command.Dir, p.value)
}

func takeSyslog(attr services.AttrID) func(*translation, []pair) {
	return func(t *translation, said []pair) {
		p := said[0]
		text := p.value
		if attr == services.SyslogFacility && len(text) > 4 && strings.EqualFold(text[:4], "LOG_") {
			text = text[4:] // Sys::Syslog takes syslog.h's names as well
		}
		t.parse(attr, p, text)
	}
}

// logsocks are Sys::Syslog's words for the ways to syslog. Its stream is a socket
// or device; inet tries tcp first, where hardly a syslogd listens.
var logsocks = map[string]string{"native": "unix", "unix": "unix", "stream": "unix", "udp": "udp:127.0.0.1:514", "tcp": "tcp:127.0.0.1:514", "inet": "udp:127.0.0.1:514"}

func takeLogsock(t *translation, said []pair) {
	p := said[0]
	if to := logsocks[p.value]; to != "" {
		t.parse(services.SyslogLogsock, p, to)
		return
	}
	v, err := services.SyslogLogsock.Row().Parse(p.value)
	switch {
	case err == nil:
		t.set(services.SyslogLogsock, p, v)
	case p.onCommandLine():
		t.bad(p, "%v", err)
	default:
		t.warn(p, "%q is no way to syslog that superd has; it takes the local one, as Net::Server takes its default", clip(p.value))
	}
}

// takeLogopt takes words parted by commas or bars, up to the first that is none.
func takeLogopt(t *translation, said []pair) {
	p := said[0]
	known := services.SyslogLogopt.Row().Words
	var words []string
	for _, w := range strings.FieldsFunc(p.value, func(r rune) bool { return strings.ContainsRune(",|", r) }) {
		if !slices.Contains(known, strings.TrimSpace(w)) {
			t.warn(p, "%q is no option of syslog; it is cut off, with what stands behind it, as by Net::Server", clip(w))
			break
		}
		words = append(words, strings.TrimSpace(w))
	}
	if len(words) > 0 {
		t.parse(services.SyslogLogopt, p, strings.Join(words, " "))
	}
}
