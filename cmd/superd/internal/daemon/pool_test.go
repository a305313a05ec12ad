// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"superd/services"
	"superd/services/config"
	"superd/services/config/configtest"
	"superd/services/config/formats"
	"superd/services/engine"
	"superd/spawn"
)

// written reads one service, whatever the modes that are not built yet, and makes a
// compiler for it.
func written(t *testing.T, lines string) (*compiler, *services.Service) {
	t.Helper()
	text := "[services.x]\nport = 7001\nuser = \"nobody\"\nexec = [\"/bin/cat\", \"-u\"]\n" + lines
	host := configtest.Host(map[string]string{"f": text})
	r := config.Load(host, formats.All(), []config.Source{{Format: "native", Path: "f"}})
	for _, d := range r.Diags {
		if d.Severity == config.Error && !strings.HasSuffix(d.Message, "not built yet") {
			t.Errorf("%v", d)
		}
	}
	c, err := newCompiler(host, r, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c, r.Service("x")
}

func TestPoolSpec(t *testing.T) {
	for name, test := range map[string]struct {
		lines string
		want  *engine.PoolSpec
		limit int64
	}{
		"inet":               {"", nil, 1024},
		"inet, one":          {"max_servers = 1\nmax_servers_limit = 3", nil, 3},
		"inet without limit": {"max_servers = \"unlimited\"", nil, 0},
		"single":             {"mode = \"single\"", nil, 0},
		"prefork": {"mode = \"prefork\"\nworker = \"pass\"", &engine.PoolSpec{Way: engine.Pass, Min: 5, Max: 50, MinSpare: 2, MaxSpare: 10,
			MaxRequests: 1000, MaxRequestsJitter: 100, CheckForWaiting: 10 * time.Second, MinChildTTL: 10 * time.Second, Slots: 1}, 200},
		"everything said": {"mode = \"prefork\"\nworker = \"pass\"\nmin_servers = 2\nmax_servers = 9\nmin_spare_servers = 1\nmax_spare_servers = 4\n" +
			"max_servers_limit = \"unlimited\"\nmax_requests = 7\nmax_requests_jitter = 3\ncheck_for_waiting = 0.5\nmin_child_ttl = 0\nrequest_timeout = \"2m\"\n" +
			"slots = 6\nextra = [\"a 1\"]",
			&engine.PoolSpec{Way: engine.Pass, Min: 2, Max: 9, MinSpare: 1, MaxSpare: 4, MaxRequests: 7, MaxRequestsJitter: 3, CheckForWaiting: time.Second / 2,
				RequestTimeout: 2 * time.Minute, Slots: 6, Conf: []string{"a 1"}}, math.MaxInt64},
		"simple": {"mode = \"prefork-simple\"\nworker = \"accept\"\nmax_servers = 4", &engine.PoolSpec{Way: engine.Accept, Simple: true, Min: 4, Max: 4,
			MaxRequests: 1000, MaxRequestsJitter: 100, Slots: 1}, 16},
		"multiplex": {"mode = \"multiplex\"\nworker = \"pass\"", &engine.PoolSpec{Way: engine.Pass, Simple: true, Min: 1, Max: 1,
			MaxRequests: -1, Slots: 256}, 1},
		"stdio": {"mode = \"prefork-simple\"\nworker = \"stdio\"\nmax_servers = 2", &engine.PoolSpec{Way: engine.Stdio, Simple: true, Min: 2, Max: 2,
			MaxRequests: 1, Slots: 1}, 8},
	} {
		_, s := written(t, test.lines)
		if got := poolSpec(s); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: %+v, want %+v", name, got, test.want)
		}
		if got := serversLimit(s); got != test.limit {
			t.Errorf("%s: limit %d, want %d", name, got, test.limit)
		}
	}
}

func TestProgramsOfWorkers(t *testing.T) {
	for name, test := range map[string]struct {
		lines  string
		stdio  spawn.Stdio
		files  int
		listen []string
		env    []string
	}{
		"inet":  {"", spawn.StdioSocket, 0, nil, nil},
		"pass":  {"mode = \"prefork\"\nworker = \"pass\"", spawn.StdioNone, 1, nil, []string{"SUPERD_WORKER=1"}},
		"stdio": {"mode = \"prefork\"\nworker = \"stdio\"", spawn.StdioSocket, 0, nil, nil},
		"a word of the file's": {"mode = \"prefork\"\nworker = \"pass\"\nenv = [\"SUPERD_WORKER=x\"]", spawn.StdioNone, 1, nil,
			[]string{"SUPERD_WORKER=1"}},
		"accept on one": {"mode = \"prefork\"\nworker = \"accept\"\nhost = \"127.0.0.1\"", spawn.StdioFile, 2, []string{"x"},
			[]string{"SUPERD_STATUS_FD=4", "SUPERD_MAX_REQUESTS=1000"}},
		"accept on two": {"mode = \"multiplex\"\nworker = \"accept\"", spawn.StdioFile, 4, []string{"x", "x", "lock"},
			[]string{"SUPERD_STATUS_FD=6", "SUPERD_REPORTS=no"}},
	} {
		c, s := written(t, test.lines)
		sp, err := programSpec(c.host, s)
		if err == nil {
			err = c.equip(s, &sp)
		}
		if err != nil {
			t.Fatal(err)
		}
		var env []string
		for _, kv := range sp.Env {
			if strings.HasPrefix(kv, "SUPERD_") {
				env = append(env, kv)
			}
		}
		if sp.Stdio != test.stdio || sp.Files != test.files || !slices.Equal(sp.Listen, test.listen) || !slices.Equal(env, test.env) {
			t.Errorf("%s: stdio %d, %d files, %q, %q", name, sp.Stdio, sp.Files, sp.Listen, env)
		}
		spec, err := c.compile(s)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if (spec.Pool != nil) != (spec.Policy.MaxServers < 0) {
			t.Errorf("%s: the gate has %d", name, spec.Policy.MaxServers)
		}
	}
}

func TestDequeueSpec(t *testing.T) {
	const every = "\ncheck_for_dequeue = 5\n"
	for name, test := range map[string]struct {
		lines  string
		max    int // 0: none
		path   string
		argv   []string
		stdio  spawn.Stdio
		worker bool
	}{
		"none":  {lines: ""},
		"never": {lines: "dequeue = [\"/bin/sh\"]\nmax_dequeue = 0" + every},
		"inet":  {lines: "dequeue = [\"/bin/sh\", \"-c\", \"x\"]" + every, max: 1, path: "/bin/sh", argv: []string{"sh", "-c", "x"}, stdio: spawn.StdioLog},
		"inet, stderr to the client": {lines: "stderr = \"client\"\ndequeue = [\"/bin/sh\"]" + every, max: 1, path: "/bin/sh", argv: []string{"sh"},
			stdio: spawn.StdioNone},
		"several": {lines: "mode = \"prefork\"\nworker = \"accept\"\ndequeue = [\"/bin/sh\"]\nmax_dequeue = 3" + every, max: 3, path: "/bin/sh",
			argv: []string{"sh"}, stdio: spawn.StdioLog},
		"the worker": {lines: "mode = \"prefork\"\nworker = \"pass\"\nargv0 = \"w\"" + every, max: 1, path: "/bin/cat", argv: []string{"w", "-u"},
			stdio: spawn.StdioLog, worker: true},
		"not the worker": {lines: "mode = \"multiplex\"\nworker = \"pass\"\nstderr = \"null\"\nargv0 = \"w\"\ndequeue = [\"/bin/sh\"]" + every, max: 1,
			path: "/bin/sh", argv: []string{"sh"}, stdio: spawn.StdioNone},
	} {
		c, s := written(t, test.lines)
		d, err := c.dequeueSpec(s)
		if err != nil || (d != nil) != (test.max > 0) {
			t.Errorf("%s: %v, %v", name, d, err)
			continue
		}
		if d == nil {
			continue
		}
		if d.Max != test.max || d.Every != 5*time.Second {
			t.Errorf("%s: %d each %v", name, d.Max, d.Every)
		}
		sp, err := dequeueProgram(c.host, s)
		if err != nil || sp.Path != test.path || !slices.Equal(sp.Argv, test.argv) || sp.Stdio != test.stdio || sp.Files != 0 {
			t.Errorf("%s: %s %q, stdio %d, %d files, %v", name, sp.Path, sp.Argv, sp.Stdio, sp.Files, err)
		}
		if got := slices.Contains(sp.Env, "SUPERD_WORKER=dequeue"); got != test.worker {
			t.Errorf("%s: %q", name, sp.Env)
		}
	}
}
