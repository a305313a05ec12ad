// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"superd/cmd/superd/internal/daemon"
	"superd/services/config"
)

// An upgrade asks the new superd, under the command line that it will run by, whether
// it can go on: SUPERD_JUDGE is set then, and the state is on standard input.

func (inv *invocation) isJudge() bool {
	_, ok := inv.getenv(daemon.JudgeVar)
	return ok
}

// takeState reads the state before any verb takes standard input for a configuration.
func (inv *invocation) takeState() {
	if inv.isJudge() {
		inv.state, _ = io.ReadAll(inv.stdin) // what is cut short is no state
		inv.stdin = strings.NewReader("")
	}
}

// reading is how this process reads its configuration.
func (inv *invocation) reading() (*daemon.Reading, error) {
	if !inv.isJudge() {
		return daemon.NewReading(inv.env)
	}
	s, err := daemon.ParseState(inv.state)
	if err != nil {
		fmt.Fprintln(inv.stdout, err) // the old superd reads this, and nothing else
		return nil, err
	}
	return daemon.NewReplay(s), nil
}

// judge says yes if every service that there is would run.
func (inv *invocation) judge(reading *daemon.Reading, load func() (*config.Host, *config.Result)) error {
	_, result := load()
	if err := reading.Judge(result); err != nil {
		fmt.Fprintln(inv.stdout, err)
		return exit(ExitConfig)
	}
	fmt.Fprintln(inv.stdout, daemon.StateAccepted)
	return nil
}

// program is the path by which superd was started, where the next one is expected; it
// may be a link. Whoever started it may have called it what he likes: what is another
// file was not it.
func (inv *invocation) program() string {
	name := inv.args[0]
	dirs := []string{""}
	if !strings.Contains(name, "/") {
		path, _ := inv.getenv("PATH")
		dirs = filepath.SplitList(path)
	}
	host := inv.host()
	for _, dir := range dirs {
		if path, err := filepath.Abs(filepath.Join(dir, name)); err == nil && host.Executable(path) == nil && isSelf(path) {
			return path
		}
	}
	path, _ := os.Executable()
	return path
}

func isSelf(path string) bool {
	found, err1 := os.Stat(path)
	own, err2 := os.Stat("/proc/self/exe")
	return err1 == nil && err2 == nil && os.SameFile(found, own)
}
