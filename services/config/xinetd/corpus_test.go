// SPDX-License-Identifier: Apache-2.0

package xinetd_test

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"superd/internal/testcorpus"
	"superd/services"
	"superd/services/config"
	"superd/services/config/formats"
)

// notBuilt are the reasons for which a service that xinetd starts may be refused
// until the rest of superd is there.
var notBuilt = regexp.MustCompile(`: (attribute "(type|flags|redirect)": (INTERNAL|RPC|TCPMUX|TCPMUXPLUS|SENSOR|INTERCEPT|IDONLY|redirect)|` +
	`attribute "(only_from|no_access)": "[^"]+": rules by host name (is|are)?) ?(is|are)? ?not built yet$`)

// difference is a written one: in a field ("runs" and "refused" are whether the
// service runs at all) superd differs from xinetd, for a reason, and says so in a
// diagnostic.
type difference struct {
	field string
	says  *regexp.Regexp
	why   string
}

var differences = []difference{
	{"PER_SOURCE", regexp.MustCompile(`attribute "per_source": .* superd takes`), "a limit in a line that xinetd passes over, for the comment in it or its operator"},
	{"Instances", regexp.MustCompile(`attribute "instances": .* superd takes`), "the same"},
	{"CPS", regexp.MustCompile(`attribute "cps": .* superd takes`), "the same; of one number alone, the other is 10"},
	{"umask", regexp.MustCompile(`attribute "umask": .* superd takes`), "the same"},
	{"Bind", regexp.MustCompile(`attribute "bind": .* superd takes`), "the same: the address keeps clients out"},
	{"Server argv", regexp.MustCompile(`attribute "server_args": .* superd takes`), "the same"},
	{"Log_on_failure flags", regexp.MustCompile(`attribute "log_on_failure": .* is not known, and so passed over; it would end xinetd$`),
		"a bad word in defaults ends xinetd, but with -d, as here, costs the attribute; superd takes the other words"},
	{"id", regexp.MustCompile(`attribute "id": the service of line \d+ has the id "[^"]+" as well; this one is called`), "ids are what superd's verbs act on"},
	{"refused", regexp.MustCompile(`attribute "bind": "#" begins no comment`), "an address that xinetd does not see need not go with the flags IPv4 and IPv6"},
	{"refused", regexp.MustCompile(`: wants \d+ values?, not \d+`), "a line that xinetd passes over, and of which nobody can tell what it means"},
	{"refused", regexp.MustCompile(`: "-=" is for lists; xinetd passes over the line$`), "the same"},
	{"refused", regexp.MustCompile(`attribute "no_access": "[^"]+" is no address$`), "xinetd passes over the word and lets its clients in"},
}

// enableAll is the edit of the oracle's section C.
func enableAll(text string) string {
	text = regexp.MustCompile(`(?mi)^(\s*disable\s*=\s*)yes\b`).ReplaceAllString(text, "${1}no")
	return regexp.MustCompile(`(?mi)^\s*disabled\s*[+-]?=.*$`).ReplaceAllString(text, "")
}

// TestCorpus compares each service that the real xinetd starts with what superd
// makes of it, field by field.
func TestCorpus(t *testing.T) {
	answers := testcorpus.Folder(t, "oracle") // what the real xinetd made of them
	c := &comparison{t: t, used: map[int]int{}, refused: map[string]int{}}
	for _, f := range testcorpus.Configs(t, "xinetd") {
		answer, err := os.ReadFile(filepath.Join(answers, f.Name+".txt"))
		if err != nil {
			continue
		}
		c.file(f.Name, f.Text, readOracle(string(answer)))
	}
	c.report()
}

// comparison counts what was compared.
type comparison struct {
	t                           *testing.T
	files, same, values, errors int
	used                        map[int]int    // differences, by index
	refused                     map[string]int // by message
	refusedServices             []string
}

func (c *comparison) errorf(format string, args ...any) {
	c.t.Helper()
	c.errors++
	c.t.Errorf(format, args...)
}

func (c *comparison) load(number, text string, o oracle) (*config.Result, *config.Host) {
	host := oracleHost(c.t, o)
	name := number + ".conf"
	return config.Load(host, formats.All(), []config.Source{{Format: "xinetd", Path: name, Data: []byte(text)}}), host
}

func (c *comparison) file(number, text string, o oracle) {
	c.files++
	if o.edited {
		r, _ := c.load(number, text, o)
		c.started(number+" as it is", r, o.plain, o)
		text = enableAll(text)
	}
	r, host := c.load(number, text, o)
	c.allThere(number, text, r)
	c.compare(number, r, host, o)
}

// compare compares which services run, and those that both run.
func (c *comparison) compare(number string, r *config.Result, host *config.Host, o oracle) {
	c.started(number, r, o.started, o)
	for id, dumps := range o.services {
		for i, d := range dumps {
			svc := find(r, id, i)
			if svc == nil || svc.State != services.Enabled || o.failed[d["name"]] {
				continue
			}
			c.service(number, subject{host, r, svc, d, o.defaults})
		}
	}
}

var serviceLine = regexp.MustCompile(`(?i)^\s*service\s+[^\s=]+\s*\{?\s*$`)

// allThere asserts that no service of a file vanishes: what does not run is shown
// as disabled or refused.
func (c *comparison) allThere(number, text string, r *config.Result) {
	places := map[services.Origin]bool{}
	for _, s := range r.Services {
		places[s.Source] = true
	}
	for i, line := range strings.Split(text, "\n") {
		if serviceLine.MatchString(line) && !places[services.Origin{File: services.FirstFile, Line: uint32(i + 1)}] {
			c.errorf("%s:%d: %q has no service", number, i+1, line)
		}
	}
}

// find returns the n-th service that xinetd calls id. superd calls the second and
// further ones by it and something more.
func find(r *config.Result, id string, n int) *services.Service {
	var all []*services.Service
	for _, s := range r.Services {
		if s.ID == id || n > 0 && s.State != services.Disabled && strings.HasPrefix(s.ID, id+"-") {
			all = append(all, s)
		}
	}
	if n >= len(all) {
		return nil
	}
	return all[n]
}

// started compares which services run.
func (c *comparison) started(number string, r *config.Result, ids []string, o oracle) {
	runs := map[string]bool{}
	for _, s := range r.Services {
		if s.State == services.Enabled {
			runs[s.ID] = true
		}
	}
	seen := map[string]int{}
	for _, id := range ids {
		s := find(r, id, seen[id])
		seen[id]++
		if s == nil {
			c.errorf("%s: xinetd starts %q, superd has no such service", number, id)
			continue
		}
		if s.State != services.Enabled {
			c.refusal(number, s, r)
		}
		delete(runs, s.ID)
	}
	for id := range runs {
		if s := r.Service(id); !o.failed[s.Name] && !c.written(r, id, "runs") {
			c.errorf("%s: superd runs %q, xinetd does not start it", number, id)
		}
	}
}

// refusal sees whether a service that xinetd starts is refused for a good reason.
func (c *comparison) refusal(number string, s *services.Service, r *config.Result) {
	reasons := 0
	for _, d := range r.Diags {
		if d.Severity != config.Error || d.Service != s.ID && d.Service != "" {
			continue
		}
		reasons++
		if notBuilt.MatchString(d.String()) {
			c.refused[d.Attribute+": "+d.Message]++
			continue
		}
		if !c.written(r, s.ID, "refused") {
			c.errorf("%s: xinetd starts %q, superd: %v", number, s.ID, d)
		}
	}
	if reasons == 0 && !c.written(r, s.ID, "refused") {
		c.errorf("%s: xinetd starts %q, superd has it %v without a reason", number, s.ID, s.State)
	}
	if !strings.Contains(number, " ") {
		c.refusedServices = append(c.refusedServices, number+":"+s.ID)
	}
}

// service compares one service field by field.
func (c *comparison) service(number string, s subject) {
	c.same++
	names := slices.Sorted(maps.Keys(s.dump))
	for name := range absent {
		if _, ok := s.dump[name]; !ok {
			names = append(names, name)
		}
	}
	for _, name := range names {
		f, known := fields[name]
		if !known {
			c.errorf("%s: %s: the dump has a field %q that is not in the table", number, s.svc.ID, name)
			continue
		}
		if f.want == nil || strings.HasPrefix(name, "Log_on_") && s.dump["log"] == "No logging" {
			continue // without a log xinetd prints no flags
		}
		got, ok := s.dump[name]
		switch {
		case !ok && s.defaults[name] != "":
			got = s.defaults[name]
		case !ok:
			got = absent[name]
			if name == "Server argv" {
				continue
			}
		}
		if f.got != nil && ok {
			got = f.got(s)
		}
		c.values++
		if want := f.want(s); got != want && !c.written(s.result, s.svc.ID, name) {
			c.errorf("%s: %s: %s: xinetd has %q, superd %q", number, s.svc.ID, name, got, want)
		}
	}
	for _, x := range s.svc.Settings {
		if !slices.Contains(inFields, x.Attr) && !slices.Contains(notInDump, x.Attr) {
			c.errorf("%s: %s: %v is neither compared nor excused", number, s.svc.ID, x.Attr)
		}
	}
}

// written finds a written difference that superd tells of, for the service or in
// its defaults.
func (c *comparison) written(r *config.Result, id, field string) bool {
	for i, d := range differences {
		if d.field != field {
			continue
		}
		for _, x := range r.Diags {
			if (x.Service == id || x.Service == "") && d.says.MatchString(x.String()) {
				c.used[i]++
				return true
			}
		}
	}
	return false
}

func (c *comparison) report() {
	c.t.Logf("%d files; %d services that both run, %d values compared", c.files, c.same, c.values)
	c.t.Logf("%d services that xinetd starts are refused: %v", len(c.refusedServices), c.refusedServices)
	for _, m := range slices.Sorted(maps.Keys(c.refused)) {
		c.t.Logf("refused %d times: %s", c.refused[m], m)
	}
	for i, d := range differences {
		c.t.Logf("difference in %s, %d times: %s", d.field, c.used[i], d.why)
	}
}
