// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"

	"superd/services"
	"superd/services/config"
	"superd/spawn"
)

// An upgrade first asks the new superd, under the command line that it will run by,
// whether it can go on: JudgeVar is set then, and the state is on standard input.

// JudgeVar has a superd say whether it can go on with the state on its standard
// input, in place of running.
const JudgeVar = "SUPERD_JUDGE"

// StateAccepted is what it prints if it can, and nothing else that happens to be a
// program.
const StateAccepted = "superd takes the state over"

// judgeTime is how long it may take over that.
const judgeTime = 30 * time.Second

// askJudge asks program.
func askJudge(ctx context.Context, runner *spawn.Runner, program string, argv []string, state []byte) error {
	dir, _ := os.Getwd() // its command line may name files from there
	out, exit, err := runner.Run(ctx, spawn.Spec{Path: program, Argv: argv, Dir: dir, Env: append(plainEnviron(), JudgeVar+"=1"), Umask: -1, Bounding: ^uint64(0)}, state)
	text := strings.TrimSpace(string(out))
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("it does not take over: it did not say in %v whether it can", judgeTime)
	case err != nil:
		return fmt.Errorf("it cannot be asked whether it takes over: %w", err)
	case text == StateAccepted && exit.Status == 0 && exit.Signal == 0:
		return nil
	case text == "" || exit.Signal != 0 || len(text) > 2000:
		return fmt.Errorf("it does not take over: it ended with status %d, signal %d", exit.Status, exit.Signal)
	}
	line, _, _ := strings.Cut(text, "\n")
	return fmt.Errorf("it does not take over: %s", line)
}

// Judge says why a superd that has read result cannot go on with the state; nil if it
// can: every service that runs would run.
func (r *Reading) Judge(result *config.Result) error {
	if result.Failed && len(r.from.running()) > 0 {
		return errors.New(whyNot(result, ""))
	}
	for _, id := range r.from.running() {
		s := result.Service(id)
		switch {
		case s == nil:
			return fmt.Errorf("service %q runs, and would not be there", id)
		case s.State == services.Refused:
			return errors.New(whyNot(result, id))
		case s.State == services.Disabled && !r.from.enabled(id):
			return fmt.Errorf("service %q runs, and would be disabled", id)
		}
	}
	return canSpawn()
}

// whyNot is the first error about a service, or with "" about any.
func whyNot(result *config.Result, service string) string {
	for _, d := range result.Diags {
		if d.Severity == config.Error && (service == "" || d.Service == service) {
			return d.String()
		}
	}
	return "its configuration cannot be used"
}

// running are the services that the old superd runs.
func (s *State) running() (ids []string) {
	if s.Engine == nil {
		return nil
	}
	for i := range s.Engine.Services {
		if h := &s.Engine.Services[i]; !h.Gone {
			ids = append(ids, h.ID)
		}
	}
	return ids
}

// enabled tells whether a service was enabled by request, whatever its file says.
func (s *State) enabled(id string) bool {
	o := s.Overrides[id].State
	return o != nil && o.What == whatEnabled
}

// canSpawn tries what a start tries, and gives up on: whether this machine lets
// handlers be started.
func canSpawn() error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	l, err := spawn.NewLauncher(spawn.Options{HighBase: highBase()})
	if err != nil {
		return fmt.Errorf("cannot start handlers on this machine: %w", err)
	}
	l.Close()
	return nil
}
