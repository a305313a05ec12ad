// SPDX-License-Identifier: Apache-2.0

package services

import (
	"fmt"
	"strings"
)

// parseLocal reads a local socket: PATH|unix, @NAME|unixdgram, PATH|SOCK_DGRAM|unix;
// or the path alone, as the protocol can be no other.
func parseLocal(s string, local bool) (portString, error) {
	path, proto := s, ""
	before, separator, word := lastWord(s)
	lower := strings.ToLower(word)
	if network := protocols[lower]; before != "" && network != "" && (separator != "/" || !local) {
		if !isLocal(network) {
			return portString{}, fmt.Errorf("%q: %s has no paths", clip(s), lower)
		}
		path, proto = before, lower
		if path, proto = cutSocketType(path, proto); proto == "" {
			return portString{}, fmt.Errorf("%q: the socket type and %q disagree", clip(s), lower)
		}
	}
	path, err := checkPath(path)
	return portString{path: path, proto: proto}, err
}

// cutSocketType takes Net::Server's older |SOCK_STREAM and |SOCK_DGRAM off, in
// either case. The protocol is "" if it says otherwise.
func cutSocketType(path, proto string) (string, string) {
	before, separator, word := lastWord(path)
	if before == "" || separator == "/" || separator == ":" {
		return path, proto
	}
	says := map[string]string{"SOCK_STREAM": "unix", "SOCK_DGRAM": "unixdgram", "SOCK_SEQPACKET": "unixpacket"}[strings.ToUpper(word)]
	if says == "" {
		return path, proto
	}
	if proto != "unix" && protocols[proto] != protocols[says] {
		return path, ""
	}
	return before, says
}

// maxPath is sizeof(sun_path) less the final NUL.
const maxPath = 107

// checkPath takes an absolute path, or @NAME in the abstract name space, and
// drops "//" and "/./".
func checkPath(s string) (string, error) {
	if strings.ContainsAny(s, " \t,|") {
		return "", fmt.Errorf("%q: no blank, comma or | in the name of a local socket", clip(s))
	}
	if len(s) > maxPath {
		return "", fmt.Errorf("%q is longer than %d bytes", clip(s), maxPath)
	}
	if s[0] == '@' {
		if s == "@" {
			return "", fmt.Errorf("\"@\": want a name behind it")
		}
		return s, nil
	}
	var parts []string
	for _, part := range strings.Split(s, "/") {
		if part == ".." {
			return "", fmt.Errorf("%q: no .. in the path of a socket", clip(s))
		}
		if part != "" && part != "." {
			parts = append(parts, part)
		}
	}
	if parts == nil || strings.HasSuffix(s, "/") {
		return "", fmt.Errorf("%q: want the path of a socket, not of a directory", clip(s))
	}
	return "/" + strings.Join(parts, "/"), nil
}
