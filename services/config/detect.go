// SPDX-License-Identifier: Apache-2.0

package config

import (
	"bytes"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Detect tells a file's format by its content: "native", "xinetd", "inetd",
// "netserver", "systemd" or "" (cannot be told). The ends .toml, .socket and
// .service count before the content, so that a broken file gets its own
// format's message. A file of nothing but comments is native, and empty.
func Detect(name string, data []byte) string {
	switch filepath.Ext(name) {
	case ".toml":
		return "native"
	case ".socket", ".service":
		return "systemd"
	}
	data = bytes.TrimPrefix(data, []byte("\uFEFF"))
	loose, lines := "", 0
	for line := range bytes.Lines(data) {
		text := string(bytes.TrimSpace(line[:min(len(line), 4096)]))
		if text == "" || text[0] == '#' || text[0] == ';' {
			continue
		}
		if f := formatOfLine(text); f != "" {
			return f
		}
		if loose == "" && netserverLine.MatchString(text) {
			loose = "netserver"
		}
		// What has not shown itself by now is none of them.
		if lines++; lines > 1000 {
			break
		}
	}
	if lines == 0 {
		return "native"
	}
	return loose
}

var (
	systemdHeader = regexp.MustCompile(`^\[(Unit|Socket|Service|Install)\]`)
	nativeKey     = regexp.MustCompile(`^(defaults|daemon|services)\s*(\.|=\s*\{)|^[\w-]+\s*=\s*["'\[{]`)
	xinetdKeyword = regexp.MustCompile(`(?i)^(service(\s+\S+)?\s*\{?|defaults\s*\{?|include(dir)?\s+[^=\s]\S*)$`)
	inetdAddress  = regexp.MustCompile(`^[\w.,*:\[\]]+:$`)
	netserverLine = regexp.MustCompile(`^(--)?[a-z][\w-]*([\s=:]+\S|$)`)
	netbsdLine    = regexp.MustCompile(`^\.include\s|^\S+\s+(on|off)\s+[a-z_]+\s*=|^\S+\s+stream[,:]\w+\s+(tcp|udp|unix|rpc/)`)
	inetdTypes    = []string{"stream", "dgram", "raw", "rdm", "seqpacket", "tli", "xti", "sunrpc_tcp", "sunrpc_udp"}
)

// formatOfLine tells a format by one line that only this format has; "" if the
// line may be of several.
func formatOfLine(line string) string {
	switch words := strings.Fields(line); {
	case systemdHeader.MatchString(line):
		return "systemd"
	case line[0] == '[' && !inetdAddress.MatchString(line), nativeKey.MatchString(line):
		return "native"
	case xinetdKeyword.MatchString(line):
		return "xinetd"
	case netbsdLine.MatchString(line), len(words) >= 5 && slices.Contains(inetdTypes, words[1]), inetdAddress.MatchString(line) && len(words) == 1:
		return "inetd"
	}
	return ""
}
