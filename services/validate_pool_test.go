// SPDX-License-Identifier: Apache-2.0

package services

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// pool makes a pool that nothing is wrong with, but for what is given.
func pool(mode, worker string, pairs ...any) *Service {
	return service(tcp("0.0.0.0:79"), append([]any{Mode, mode, Worker, worker, Exec, cat}, pairs...)...)
}

// said is what is said of a pool, but that it is not built yet.
func said(s *Service) (out []string) {
	for _, p := range Validate(s) {
		if !strings.HasSuffix(p.Message, "not built yet") {
			out = append(out, renderProblems([]Problem{p}))
		}
	}
	return out
}

func inherited(s *Service) *Service {
	for i := range s.Settings {
		s.Settings[i].Origin.Line = 1
	}
	return s
}

func TestValidatePools(t *testing.T) {
	udp := []Socket{{Network: "tcp", Address: "0.0.0.0:69"}, {Network: "udp", Address: "0.0.0.0:69"}}
	on := func(sockets []Socket, s *Service) *Service { s.Sockets = sockets; return s }
	one := func(s string) []string { return []string{s} }
	many := make([]string, 4400)
	for i := range many {
		many[i] = fmt.Sprintf("key%04d v", i)
	}
	for name, test := range map[string]struct {
		s    *Service
		want []string
	}{
		"pass":            {pool("prefork", "pass"), nil},
		"accept":          {pool("prefork-simple", "accept"), nil},
		"stdio":           {pool("prefork", "stdio"), nil},
		"multiplex":       {pool("multiplex", "pass"), nil},
		"stdio multiplex": {pool("multiplex", "stdio"), one(`error: worker: "stdio" serves one client and ends; mode "multiplex", one process for all, wants "pass" or "accept"`)},

		"passed datagrams":   {on(udp, pool("prefork", "pass")), one(`error: worker: "pass" needs connections, and udp 0.0.0.0:69 has none: want "accept"`)},
		"accepted datagrams": {on(udp, pool("prefork", "accept")), nil},
		"a client to blame":  {pool("prefork", "pass", Stderr, "client"), one(`error: stderr: a worker with many clients has none to write to: want "log" or "null"`)},
		"its own client":     {pool("prefork", "stdio", Stderr, "client"), nil},

		"without limit":            {pool("prefork", "pass", MaxServers, Unlimited), one(`error: max_servers: "unlimited": a pool wants a number`)},
		"without limit, inherited": {inherited(pool("prefork-simple", "pass", MaxServers, Unlimited)), one(`error: max_servers: "unlimited": a pool wants a number`)},
		"none":                     {pool("prefork-simple", "pass", MaxServers, int64(0)), one(`error: max_servers: 0: a pool wants a worker at least`)},
		"many of one":              {pool("multiplex", "pass", MaxServers, int64(5)), one(`warning: max_servers: has no effect: mode "multiplex" runs one process`)},
		"few":                      {pool("prefork", "pass", MaxServers, int64(1)), nil},
		"min above max":            {pool("prefork", "pass", MinServers, int64(9), MaxServers, int64(8)), one("error: min_servers: 9 must not be more than max_servers, which is 8")},
		"min above max, default":   {pool("prefork", "pass", MinServers, int64(60)), one("error: min_servers: 60 must not be more than max_servers, which is 50 by default")},
		"spare above spare": {pool("prefork", "pass", MinSpareServers, int64(4), MaxSpareServers, int64(3)),
			one("error: min_spare_servers: 4 must not be more than max_spare_servers, which is 3")},
		"spare above spare, default": {pool("prefork", "pass", MinServers, int64(20), MinSpareServers, int64(20)),
			one("error: min_spare_servers: 20 must not be more than max_spare_servers, which is 10 by default")},
		"spare of all": {pool("prefork", "pass", MaxServers, int64(8), MaxSpareServers, int64(8)), one("error: max_spare_servers: 8 must be less than max_servers, which is 8")},
		"more spare than there are": {pool("prefork", "pass", MinServers, int64(3), MinSpareServers, int64(4)),
			one("warning: min_spare_servers: 4 is more than min_servers, which is 3: the pool is never smaller than this")},
		"on demand": {pool("prefork", "pass", MinServers, int64(0), MinSpareServers, int64(0)), nil},
		"nobody there": {pool("prefork", "pass", MinServers, int64(0), MinSpareServers, int64(0), Full, "refuse"),
			one(`error: min_servers: 0, with min_spare_servers = 0 and full = "refuse", leaves nobody to take a client`)},
		"sizes of a simple pool": {pool("prefork-simple", "pass", MinServers, int64(5)), one(`warning: min_servers: has no effect in mode "prefork-simple"`)},

		"no requests":            {pool("prefork", "pass", MaxRequests, int64(0)), one(`error: max_requests: 0 leaves a worker nothing to do: want 1 or more, or "unlimited"`)},
		"requests of stdio":      {pool("prefork", "stdio", MaxRequests, int64(5)), one(`warning: max_requests: has no effect with worker = "stdio": the program ends with its client`)},
		"jitter of no number":    {pool("prefork", "pass", MaxRequests, Unlimited, MaxRequestsJitter, int64(5)), one(`warning: max_requests_jitter: has no effect while max_requests is "unlimited"`)},
		"slots":                  {pool("prefork", "pass", Slots, int64(5)), nil},
		"no slots":               {pool("prefork", "pass", Slots, int64(0)), one("error: slots: 0 leaves a worker nothing to do: want 1 or more")},
		"slots of acceptors":     {pool("prefork", "accept", Slots, int64(2)), one(`error: slots: 2 needs worker = "pass": only there superd knows what a worker holds`)},
		"slots of stdio":         {pool("prefork", "stdio", Slots, int64(2)), one(`error: slots: 2 needs worker = "pass": only there superd knows what a worker holds`)},
		"no time for a request":  {pool("prefork", "pass", RequestTimeout, 0.0), one(`error: request_timeout: 0 leaves no time: want more, or "unlimited"`)},
		"a session":              {pool("prefork", "pass", SessionTimeout, 5.0), one(`warning: session_timeout: has no effect in mode "prefork"`)},
		"limit":                  {pool("prefork", "pass", MaxServersLimit, int64(50)), nil},
		"limit below":            {pool("prefork", "pass", MaxServersLimit, int64(49)), one("error: max_servers_limit: 49 must not be less than max_servers, which is 50 by default")},
		"limit below, inherited": {inherited(pool("prefork", "pass", MaxServersLimit, int64(49))), one("warning: max_servers_limit: has no effect: max_servers is 50 already")},
		"limit of inet":          {service(nil, Exec, cat, MaxServersLimit, int64(5), MaxServers, int64(6)), one("error: max_servers_limit: 5 must not be less than max_servers, which is 6")},
		"limit of no limit":      {service(nil, Exec, cat, MaxServersLimit, int64(5), MaxServers, Unlimited), one(`warning: max_servers_limit: has no effect while max_servers is "unlimited"`)},
		"limit of multiplex":     {pool("multiplex", "pass", MaxServersLimit, int64(5)), one(`warning: max_servers_limit: has no effect in mode "multiplex"`)},
		"dequeue":                {pool("prefork", "accept", Dequeue, cat, CheckForDequeue, 5.0, MaxDequeue, int64(2)), nil},
		"dequeue of inet":        {service(nil, Exec, cat, Dequeue, cat, CheckForDequeue, 5.0), nil},
		"dequeue, how often":     {service(nil, Exec, cat, Dequeue, cat), one("error: check_for_dequeue: is missing: it says how often dequeue is run")},
		"dequeue all the time":   {service(nil, Exec, cat, Dequeue, cat, CheckForDequeue, 0.0), one("error: check_for_dequeue: 0 leaves no time between two starts: want more")},
		"dequeue of a worker":    {pool("prefork", "pass", CheckForDequeue, 5.0, MaxDequeue, int64(3)), nil},
		"conf that is too long": {pool("prefork", "pass", Extra, many), one(`warning: extra: 37 keys from "key4363" on have no room in a worker's first message, ` +
			`which has 65536 bytes: they are in SUPERD_CONF alone`)},
		"conf that fits":            {pool("prefork", "pass", Extra, many[:4300]), nil},
		"long conf of others":       {pool("prefork", "accept", Extra, many), nil},
		"dequeue of an acceptor":    {pool("prefork", "accept", CheckForDequeue, 5.0), one("warning: check_for_dequeue: has no effect without dequeue")},
		"dequeue of nothing":        {service(nil, Exec, cat, MaxDequeue, int64(3)), one("warning: max_dequeue: has no effect without dequeue")},
		"dequeue, how many":         {pool("prefork", "pass", MaxDequeue, int64(3)), one("warning: max_dequeue: has no effect without dequeue")},
		"dequeue none":              {service(nil, Exec, cat, Dequeue, cat, CheckForDequeue, 5.0, MaxDequeue, int64(0)), one("warning: max_dequeue: 0 never runs dequeue")},
		"dequeue of single":         {service(nil, Exec, cat, Mode, "single", Dequeue, cat), one(`warning: dequeue: has no effect in mode "single"`)},
		"worker of inet":            {service(nil, Exec, cat, Worker, "pass"), one(`warning: worker: has no effect in mode "inet"`)},
		"worker of inet, inherited": {inherited(service(nil, Exec, cat, Worker, "pass")), nil},
	} {
		if got := said(test.s); !slices.Equal(got, test.want) {
			t.Errorf("%s:\n%s\nwant:\n%s", name, strings.Join(got, "\n"), strings.Join(test.want, "\n"))
		}
	}
}

// A pool that does not say how its workers get connections is told all three ways,
// in a message that is shown as a whole.
func TestWorkerIsMissing(t *testing.T) {
	for _, mode := range []string{"prefork", "prefork-simple", "multiplex"} {
		s := service(tcp("0.0.0.0:79"), Mode, mode, Exec, cat)
		got := said(s)
		if len(got) != 1 || !strings.HasPrefix(got[0], "error: worker: is missing. ") || len(got[0]) > 400 {
			t.Errorf("%s: %d bytes: %q", mode, len(got[0]), got)
		}
		for _, way := range Worker.Row().Words {
			if !strings.Contains(got[0], fmt.Sprintf("%q: ", way)) {
				t.Errorf("%s is not told of: %s", way, got)
			}
		}
		if s.State = Refused; len(said(s)) > 0 {
			t.Errorf("it may be what could not be read: %s", said(s))
		}
	}
}

// What acceptors get around refuses the service, wherever it is said; what keeps
// nobody out does not.
func TestAcceptorsLack(t *testing.T) {
	const why = `cannot be kept with worker = "accept": the workers accept by themselves, and superd never sees the clients`
	net := []string{"10.0.0.0/8"}
	for a, v := range map[AttrID]Value{
		AccessTimes: []string{"8:00-9:00"}, OnlyFrom: net, NoAccess: net, Allow: []string{".*"}, CIDRAllow: net, Libwrap: "cat", PerSource: int64(3),
		CPS: []int64{5, 1}, StartsPerMinute: int64(5), PerSourcePerMinute: int64(5), MaxLoad: 3.0, Banner: "/b", BannerSuccess: "/b", BannerFail: "/b",
		LogOnSuccess: []string{"PID"}, RequestTimeout: 5.0,
	} {
		want := []string{fmt.Sprintf("error: %s: %s", a, why)}
		for _, s := range []*Service{pool("prefork", "accept", a, v), inherited(pool("multiplex", "accept", a, v))} {
			if got := said(s); !slices.Equal(got, want) {
				t.Errorf("%s: %q", a, got)
			}
		}
		for _, way := range []string{"pass", "stdio"} {
			if got := said(pool("prefork", way, a, v)); len(got) > 0 {
				t.Errorf("%s with %s: %q", a, way, got)
			}
		}
	}
	for _, a := range []AttrID{Deny, CIDRDeny} { // which are remarked on for themselves
		got := said(pool("prefork", "accept", a, net, CIDRAllow, net))
		if len(got) != 2 || !slices.Contains(got, fmt.Sprintf("error: %s: %s", a, why)) {
			t.Errorf("%s: %q", a, got)
		}
	}
	if got := said(pool("prefork", "accept", OnlyFrom, []string{})); !slices.Contains(got, "error: only_from: "+why) {
		t.Errorf("nobody from: %q", got)
	}
	if got := said(pool("prefork", "accept", Full, "refuse")); !slices.Equal(got, []string{`error: full: "refuse" ` + why}) {
		t.Errorf("full: %q", got)
	}
	if got := said(pool("prefork", "accept", LogOnFailure, []string{"HOST"})); !slices.Equal(got, []string{`warning: log_on_failure: has no effect with worker = "accept": superd refuses nobody`}) {
		t.Errorf("log_on_failure: %q", got)
	}
	harmless := pool("prefork", "accept", NoAccess, []string{}, Deny, []string{}, PerSource, Unlimited, CPS, Unlimited, RequestTimeout, Unlimited,
		StartsPerMinute, Unlimited, LogOnSuccess, []string{}, Full, "queue", AccessTimes, []string{})
	if got := said(harmless); len(got) > 0 {
		t.Errorf("what keeps nobody out: %q", got)
	}
}
