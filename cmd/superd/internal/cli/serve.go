// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"superd/cmd/superd/internal/daemon"
	"superd/services"
	"superd/services/config"
)

// demoVerb is the hidden verb under which superd is its own handler.
const demoVerb = "demo-handler"

// demoPort is where Net::Server listens that nobody told where to.
const demoPort = "20203"

func newServe(inv *invocation) *cobra.Command {
	var opt daemon.Options
	cmd := &cobra.Command{
		Use:   "serve [--ATTRIBUTE VALUE]… [KEY=VALUE]… [-- PROGRAM ARGS…]",
		Short: "run one service, described by the command line",
		Long: `Serves one program, whose attributes are given as --name value or name=value, by
the names of superd's own format; a list's flag may be repeated. Without a
program the service echoes lines, as Net::Server's default handler does. Without
a port it listens on 20203. Run by root, the program runs as nobody unless told
otherwise.

    superd serve --port 7007 -- cat`,
		Args: cobra.ArbitraryArgs,
	}
	given := attributeFlags(cmd)
	addDaemonFlags(cmd, &opt)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		var program []string
		if n := cmd.ArgsLenAtDash(); n >= 0 {
			args, program = args[:n], args[n:]
		}
		unit, err := serveUnit(inv.host(), given(), args, program)
		if err != nil {
			return err
		}
		return inv.serve(opt, []config.Source{{Path: "command line", Unit: unit}})
	}
	return cmd
}

// assignment is one --name value or name=value.
type assignment struct {
	key, value string
	more       bool // a flag that is repeated: another item of its list
}

// attributeFlags gives the verb one flag for each attribute that a service or
// [daemon] has. The function that it returns tells those that were given.
func attributeFlags(cmd *cobra.Command) func() []assignment {
	values := map[string]*[]string{}
	for _, row := range services.Table() {
		flag := strings.ReplaceAll(row.Name, "_", "-")
		if values[flag] != nil || row.Name == "" || row.ID == services.Exec || row.ID == services.Include {
			continue
		}
		values[flag] = cmd.Flags().StringArray(flag, nil, firstSentence(row.Doc))
	}
	return func() []assignment {
		var out []assignment
		for _, row := range services.Table() { // in the table's order, each once
			flag := strings.ReplaceAll(row.Name, "_", "-")
			v := values[flag]
			if v == nil {
				continue
			}
			for i, text := range *v {
				out = append(out, assignment{row.Name, text, i > 0})
			}
			delete(values, flag)
		}
		return out
	}
}

func firstSentence(doc string) string {
	if i := strings.Index(doc, ". "); i >= 0 {
		return doc[:i]
	}
	return strings.TrimSuffix(doc, ".")
}

// serveUnit makes the one service of the command line.
func serveUnit(host *config.Host, flags []assignment, words, program []string) (*config.Unit, error) {
	pos := config.Pos{File: services.FromCommandLine}
	for _, w := range words {
		key, value, ok := strings.Cut(w, "=")
		if !ok {
			return nil, usagef("%q is not KEY=VALUE; the program stands behind --", w)
		}
		flags = append(flags, assignment{key: key, value: value})
	}
	unit := &config.Unit{Format: "native"}
	entry := config.Entry{ID: "superd", Pos: pos}
	for _, f := range flags {
		a, err := config.ParseAssign(f.key, f.value)
		if err != nil {
			return nil, usagef("%v", err)
		}
		to := &entry.Assigns
		if a.Pos = pos; a.Attr.Row().Scope == services.InDaemon {
			to = &unit.Daemon
		}
		if f.more && lengthen((*to)[len(*to)-1:], a.Value) {
			continue
		}
		*to = append(*to, a)
	}
	defaults := []config.Assign{{Attr: services.Port, Value: []string{demoPort}, Pos: pos}}
	if len(program) > 0 {
		path, err := findProgram(host, program[0])
		if err != nil {
			return nil, err
		}
		entry.ID = filepath.Base(path)
		program = append([]string{path}, program[1:]...)
	} else {
		// Not by its path: superd may lie in a folder that nobody cannot enter.
		program = []string{"/proc/self/exe", demoVerb}
		defaults = append(defaults, config.Assign{Attr: services.Argv0, Value: "superd", Pos: pos})
	}
	entry.Name = entry.ID
	defaults = append(defaults, config.Assign{Attr: services.Exec, Value: program, Pos: pos})
	if host.Root {
		defaults = append(defaults, config.Assign{Attr: services.User, Value: "nobody", Pos: pos})
	}
	unit.Defaults = defaults
	unit.Entries = []config.Entry{entry}
	return unit, nil
}

// lengthen adds items to the list that the one assignment in last has. It says
// whether that is a list. Modes are one as soon as there are two of them.
func lengthen(last []config.Assign, more services.Value) bool {
	if last[0].Attr == services.Mode {
		both, err := services.Mode.Row().FromTOML(append(modes(last[0].Value), modes(more)...))
		if err == nil {
			last[0].Value = both
		}
		return err == nil
	}
	list, ok := last[0].Value.([]string)
	items, ok2 := more.([]string)
	if ok && ok2 {
		last[0].Value = append(list, items...)
	}
	return ok && ok2
}

func modes(v services.Value) []string {
	if word, ok := v.(string); ok {
		return []string{word}
	}
	list, _ := v.([]string)
	return slices.Clone(list)
}

// findProgram looks a bare name up in PATH, as a shell would.
func findProgram(host *config.Host, name string) (string, error) {
	if strings.Contains(name, "/") {
		abs, err := filepath.Abs(name)
		if err != nil {
			return "", failf("cannot find %q: %v", name, err)
		}
		return abs, nil
	}
	path, _ := host.Getenv("PATH")
	for _, dir := range filepath.SplitList(path) {
		full := filepath.Join(dir, name)
		if filepath.IsAbs(full) && host.Executable(full) == nil {
			return full, nil
		}
	}
	return "", failf("cannot find the program %q in PATH", name)
}

func newDemoHandler(inv *invocation) *cobra.Command {
	return &cobra.Command{
		Use:    demoVerb,
		Short:  "answer one client of superd serve",
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if code := demoHandler(inv.stderr); code != ExitDone {
				return exit(code)
			}
			return nil
		},
	}
}
