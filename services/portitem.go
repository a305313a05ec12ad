// SPDX-License-Identifier: Apache-2.0

package services

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// The items of the lists port, host, proto and ipv. Whether proto says "unix…" is
// not known yet, and does not matter for whether the text can be read.

func itemPort(_ *Attribute, s string) ([]string, error) {
	// Whether proto says "unix" is not known here, and one of the two readings will do:
	// "/x /unix" is a path and a protocol, or a path with a blank, which is refused.
	if _, err := parsePort(s, true); err != nil {
		if _, other := parsePort(s, false); other != nil {
			return nil, err
		}
	}
	return []string{strings.Trim(s, " \t")}, nil
}

func wholePort(_ *Attribute, n int64) (Value, error) {
	if n < 0 || n > 65535 {
		return nil, fmt.Errorf("port %d: want 0 to 65535", n)
	}
	return []string{strconv.FormatInt(n, 10)}, nil
}

func itemHost(_ *Attribute, s string) ([]string, error) {
	host, v, err := parseHost(s)
	if err != nil {
		return nil, err
	}
	return []string{host + versionWords(v)}, nil
}

func itemProto(_ *Attribute, s string) ([]string, error) {
	proto, v, err := parseProtoItem(s)
	if err != nil {
		return nil, err
	}
	return []string{proto + versionWords(v)}, nil
}

// parseProtoItem reads an item of proto, which may say IP versions as well.
func parseProtoItem(s string) (proto string, v ipVersions, err error) {
	rest, v, err := cutVersions(strings.Trim(s, " \t"))
	if err != nil {
		return "", 0, err
	}
	if proto, err = parseProto(rest); err != nil {
		return "", 0, err
	}
	return proto, v, nil
}

func itemIPv(_ *Attribute, s string) ([]string, error) {
	v, err := parseVersions(s)
	if err != nil {
		return nil, err
	}
	return []string{v.String()}, nil
}

func wholeIPv(_ *Attribute, n int64) (Value, error) {
	if n != 4 && n != 6 {
		return nil, fmt.Errorf("%d is no IP version: want 4 or 6", n)
	}
	return []string{strconv.FormatInt(n, 10)}, nil
}

// versionWords writes versions as they stand behind a host or protocol.
func versionWords(v ipVersions) string {
	if v == 0 {
		return ""
	}
	words := strings.Fields(v.String())
	slices.Reverse(words) // the order in which sockets are opened: IPv6 first
	return "/IPv" + strings.Join(words, "/IPv")
}
