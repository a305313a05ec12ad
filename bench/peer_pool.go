// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// What all pools are told: as many workers as the load can keep busy, from the
// start, and none that is replaced while it is measured.
const (
	poolWorkers  = 8
	poolMost     = 32 // for those that may grow
	poolRequests = 1000000
)

// spoken is the line that clients of pools say, and have to get back.
const spoken = "hello"

// The peers of the pools, as tables and PEERS name them.
const (
	ceilingName    = "go-in-process"
	preForkName    = "netserver-prefork"
	simpleName     = "netserver-simple"
	perlPassName   = "superd-perl-pass"
	perlAcceptName = "superd-perl-accept"
	perlLibName    = "superd-perl-worker"
	pyPassName     = "superd-python-pass"
	pyAcceptName   = "superd-python-accept"
	cPassName      = "superd-c-pass"
	pyStdioName    = "superd-python-stdio"
	pyXinetdName   = "xinetd-python"
)

// withImports is what the names of those end in whose Python script imports what
// scripts usually do, and so takes several times as long to start; the others'
// imports os and sys alone.
const withImports = "-imports"

// xinetdFor is the name of the xinetd that starts the same script as a pool's.
func xinetdFor(name string) string {
	if strings.HasSuffix(name, withImports) {
		return pyXinetdName + withImports
	}
	return pyXinetdName
}

// poolPeers are the servers of the pools' part, whose handlers read a line and
// answer with it.
func (b *bench) poolPeers() []*peer {
	perl, perlErr := b.interpreter("perl", "-I"+b.program("perl"), "-I"+b.program("netserver"))
	py, pyErr := b.interpreter("python3")
	line := func(words []string, name string, more ...string) []string {
		return append(append(words[:len(words):len(words)], b.program(name)), more...)
	}
	personality := line(perl, "line.pl", "Superd::NetServer")
	script := line(py, "line.py")
	larger := line(py, "line.py", "imports")
	var ps []*peer
	for _, p := range []*peer{
		b.ceiling(),
		b.netServer(preForkName, line(perl, "line.pl", "Net::Server::PreFork"), perlErr),
		b.pool(perlPassName, "prefork", "pass", personality, perlErr),
		b.pool(perlLibName, "prefork", "pass", line(perl, "line-worker.pl"), perlErr),
		b.netServer(simpleName, line(perl, "line.pl", "Net::Server::PreForkSimple"), perlErr),
		b.pool(perlAcceptName, "prefork-simple", "accept", personality, perlErr),
		b.pool(cPassName, "prefork", "pass", []string{b.program("line")}, nil),
		b.pool(pyPassName, "prefork", "pass", script, pyErr),
		b.pool(pyAcceptName, "prefork-simple", "accept", script, pyErr),
		slowly(b.pool(pyStdioName, "prefork", "stdio", script, pyErr)),
		slowly(b.xinetdPython(pyXinetdName, script, pyErr)),
		b.pool(pyPassName+withImports, "prefork", "pass", larger, pyErr),
		slowly(b.pool(pyStdioName+withImports, "prefork", "stdio", larger, pyErr)),
		slowly(b.xinetdPython(pyXinetdName+withImports, larger, pyErr)),
	} {
		if b.wants(p.name) {
			p.line = spoken
			ps = append(ps, p)
		}
	}
	return ps
}

// slowly is for servers that start an interpreter for each connection.
func slowly(p *peer) *peer {
	p.slow = 50
	return p
}

// interpreter is the command line of one that the handlers' user can run: a
// version manager's, in root's home, is none.
func (b *bench) interpreter(name string, flags ...string) ([]string, error) {
	for _, dir := range []string{"/usr/bin/", "/usr/local/bin/"} {
		if fi, err := os.Stat(dir + name); err == nil && fi.Mode()&0o111 != 0 {
			return append([]string{dir + name}, flags...), nil
		}
	}
	return nil, fmt.Errorf("no /usr/bin/%s", name)
}

// ceiling is a server that is its own handler.
func (b *bench) ceiling() *peer {
	return &peer{
		name: ceilingName, about: "Go: accept, and a goroutine that answers; the ceiling",
		configure: func(b *bench, _ setup) ([]string, error) {
			return []string{b.ceilingProgram, serviceAddr(0)}, nil
		},
	}
}

// netServer is a program of Perl's Net::Server's.
func (b *bench) netServer(name string, program []string, missing error) *peer {
	return &peer{
		name: name, about: fmt.Sprintf("Net::Server %s, %s; user, group", b.netServerVersion(), strings.TrimPrefix(program[len(program)-1], "Net::Server::")),
		workers: poolWorkers,
		configure: func(b *bench, _ setup) ([]string, error) {
			if missing == nil {
				missing = b.netServerMissing
			}
			host, port := service(0)
			argv := append(program[:len(program):len(program)],
				"--host="+host, fmt.Sprintf("--port=%d", port), "--ipv=4", "--user=nobody", "--group=nogroup",
				fmt.Sprintf("--max_requests=%d", poolRequests), "--log_file="+b.program(name+".log"))
			if name == simpleName {
				return append(argv, fmt.Sprintf("--max_servers=%d", poolWorkers)), missing
			}
			return append(argv, fmt.Sprintf("--min_servers=%d", poolWorkers), fmt.Sprintf("--max_servers=%d", poolMost)), missing
		},
	}
}

// pool is superd with one pool.
func (b *bench) pool(name, mode, worker string, program []string, missing error) *peer {
	size := fmt.Sprintf("max_servers = %d", poolWorkers)
	if mode == "prefork" {
		size = fmt.Sprintf("min_servers = %d\nmax_servers = %d", poolWorkers, poolMost)
	}
	if worker != "stdio" { // there a worker has one client, and no more
		size += fmt.Sprintf("\nmax_requests = %d", poolRequests)
	}
	return &peer{
		name: name, about: fmt.Sprintf("mode %s, worker %s; user, group", mode, worker),
		workers: poolWorkers, config: name + ".toml",
		configure: func(b *bench, _ setup) ([]string, error) {
			if missing != nil {
				return nil, missing
			}
			if !isFile(b.superd) {
				return nil, fmt.Errorf("no %q", b.superd)
			}
			file := b.program(name + ".toml")
			host, port := service(0)
			text := fmt.Sprintf(poolConfig, b.program("superd.log"), b.program("superd.pid"), b.program("superd.sock"),
				host, port, mode, worker, quoteAll(program), size)
			if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
				return nil, err
			}
			return []string{b.superd, "run", "-c", file}, b.checks(file)
		},
	}
}

const poolConfig = `[daemon]
log_file = %q
pid_file = %q
control = %q

[services.bench]
host = %q
port = %d
user = "nobody"
group = "nogroup"
mode = %q
worker = %q
exec = %s
%s
`

// errRefused: superd does not take a configuration.
var errRefused = errors.New("superd refuses its configuration")

// checks asks superd whether it takes a configuration.
func (b *bench) checks(file string) error {
	if text, err := exec.Command(b.superd, "check", "-c", file).CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", errRefused, strings.TrimSpace(string(text)))
	}
	return nil
}

// xinetdPython is xinetd, which starts the script for each connection.
func (b *bench) xinetdPython(name string, script []string, missing error) *peer {
	configure := xinetdConfigure("user = nobody\n\tgroup = nogroup")
	return &peer{
		name: name, about: "starts the Python script for each connection; user, group, log; NOLIBWRAP",
		config: "xinetd.conf",
		configure: func(b *bench, s setup) ([]string, error) {
			if missing != nil {
				return nil, missing
			}
			return configure(b, setup{script, s.services})
		},
	}
}

// netServerVersion reads it from the module, "" where it is not there.
func (b *bench) netServerVersion() string {
	text, _ := os.ReadFile(filepath.Join(b.program("netserver"), "Net/Server.pm"))
	_, rest, _ := strings.Cut(string(text), "$VERSION = '")
	version, _, _ := strings.Cut(rest, "'")
	return version
}
