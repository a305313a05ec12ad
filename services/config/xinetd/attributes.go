// SPDX-License-Identifier: Apache-2.0

package xinetd

import (
	"maps"
	"slices"
	"strings"

	"superd/services"
)

// How many values an attribute has, if it is not a plain number of them.
const (
	oneList = -1 // any number, set once
	anyList = -2 // any number, with +=, -= and repetition
)

// place is where xinetd knows an attribute.
type place uint8

const (
	inService place = iota
	inDefaults
	inBoth
)

// attribute is a row of xinetd's own table.
type attribute struct {
	where  place
	values int
	read   func(*scope, attr)
	as     string // the attribute that this is another name of
	// tighter: it can only keep clients or harm off, so that it is also taken
	// where xinetd passes over it.
	tighter bool
}

// attributes are xinetd's, with Debian's libwrap, and what others of its line
// had. Their names are lower case here and of any case in files.
var attributes = map[string]attribute{
	"id":             {inService, 1, keep, "", false},
	"type":           {inService, oneList, readTypes, "", false},
	"flags":          {inService, oneList, readFlags, "", false},
	"disable":        {inService, 1, readDisable, "", false},
	"socket_type":    {inService, 1, readSocketType, "", false},
	"protocol":       {inService, 1, readProtocol, "", false},
	"wait":           {inService, 1, readWait, "", false},
	"user":           {inService, 1, readUser, "", false},
	"group":          {inService, 1, readGroup, "", false},
	"groups":         {inBoth, 1, yesNo(services.Groups), "", false},
	"server":         {inService, 1, readServer, "", false},
	"server_args":    {inService, oneList, readServerArgs, "", false},
	"instances":      {inBoth, 1, count(services.MaxServers), "", true},
	"per_source":     {inBoth, 1, count(services.PerSource), "", true},
	"cps":            {inBoth, 2, readCPS, "", true},
	"max_load":       {inBoth, 1, readMaxLoad, "", true},
	"nice":           {inService, 1, readNice, "", false},
	"umask":          {inBoth, 1, readUmask, "", false},
	"rlimit_as":      {inService, 1, rlimit(services.RlimitAS, "KM"), "", true},
	"rlimit_cpu":     {inService, 1, rlimit(services.RlimitCPU, ""), "", true},
	"rlimit_data":    {inService, 1, rlimit(services.RlimitData, "KM"), "", true},
	"rlimit_files":   {inService, 1, rlimit(services.RlimitFiles, "KM"), "", true},
	"rlimit_rss":     {inService, 1, rlimit(services.RlimitRSS, "KM"), "", true},
	"rlimit_stack":   {inService, 1, rlimit(services.RlimitStack, "KM"), "", true},
	"port":           {inService, 1, readPort, "", false},
	"rpc_version":    {inService, 1, keep, "", false},
	"rpc_number":     {inService, 1, keep, "", false},
	"bind":           {inBoth, 1, readBind, "", false},
	"interface":      {inBoth, 1, readBind, "bind", false},
	"redirect":       {inService, 2, later("redirect"), "", false},
	"only_from":      {inBoth, anyList, readOnlyFrom, "", true},
	"no_access":      {inBoth, anyList, readNoAccess, "", true},
	"access_times":   {inService, oneList, readAccessTimes, "", true},
	"deny_time":      {inService, 1, readDenyTime, "", false},
	"log_type":       {inBoth, oneList, readLogType, "", false},
	"log_on_success": {inBoth, anyList, logFlags(services.LogOnSuccess), "", false},
	"log_on_failure": {inBoth, anyList, logFlags(services.LogOnFailure), "", false},
	"env":            {inService, anyList, readEnv, "", false},
	"passenv":        {inBoth, anyList, readPassEnv, "", true},
	"banner":         {inBoth, 1, text(services.Banner), "", false},
	"banner_success": {inBoth, 1, text(services.BannerSuccess), "", false},
	"banner_fail":    {inBoth, 1, text(services.BannerFail), "", false},
	"v6only":         {inBoth, 1, readV6Only, "", true},
	"libwrap":        {inService, 1, text(services.Libwrap), "", false},
	"enabled":        {inDefaults, anyList, readEnabled, "", true},
	"disabled":       {inDefaults, anyList, readDisabled, "", true},

	"mdns":         {inBoth, 1, readMDNS, "", false},             // upstream 2.3.14
	"leaky_bucket": {inBoth, 4, later("leaky_bucket"), "", true}, // later than Debian's
}

func keep(*scope, attr) {}

func later(what string) func(*scope, attr) {
	return func(s *scope, a attr) { s.notBuilt(a, a.pos, what) }
}

// unknown answers an attribute that nobody knows. xinetd goes on without it.
func (s *scope) unknown(a attr, name string) {
	if best := closest(name, slices.Sorted(maps.Keys(attributes))...); best != "" {
		s.warn(a, a.pos, "not known, and so passed over (did you mean %q?)", best)
		return
	}
	s.warn(a, a.pos, "not known, and so passed over")
}

// notInDefaults answers an attribute of services in defaults, where xinetd passes
// over it. A limit is evidently meant for all services, and they get it.
func (s *scope) notInDefaults(a attr, name string, row attribute) {
	if !row.tighter {
		s.warn(a, a.pos, "passed over: it has no meaning in defaults")
		return
	}
	row.where = inBoth
	s.warn(a, a.pos, "xinetd passes over it in defaults; superd gives it to the services")
	s.readRow(a, name, row)
}

// notInService answers an attribute of defaults in a service, where xinetd passes
// over it and runs what was evidently to be switched off.
func (s *scope) notInService(a attr, name string) {
	value := ""
	if len(a.words) > 0 {
		value = strings.ToLower(a.words[0].text)
	}
	if name == "disabled" && value == "yes" || name == "enabled" && value == "no" {
		s.disable = true
		s.warn(a, a.pos, "xinetd knows it in defaults alone and starts the service; superd takes it for \"disable = yes\"")
		s.remarks[len(s.remarks)-1].always = true
		return
	}
	s.warn(a, a.pos, "passed over: it has a meaning in defaults alone")
}

// tightens tells whether an attribute of a file's second defaults may be taken:
// a list that lets in only if nothing was said of it.
func (s *scope) tightens(name string, row attribute) bool {
	switch name {
	case "no_access", "disabled":
		return true
	case "only_from", "passenv", "enabled":
		return !s.has(name) || s.attrs[name].extra
	}
	return row.tighter
}

// closest returns the choice that differs from name by at most two letters, one in
// short words; "" if there is none.
func closest(name string, choices ...string) string {
	best, least := "", 3
	if len(name) < 6 {
		least = 2
	}
	for _, c := range choices {
		if d := distance(name, c, least); d < least {
			best, least = c, d
		}
	}
	return best
}

// distance counts the letters to insert, drop or change that make b of a; it may
// stop at limit.
func distance(a, b string, limit int) int {
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			d := diagonal
			if a[i] != b[j] {
				d = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], d
		}
	}
	return row[len(b)]
}
