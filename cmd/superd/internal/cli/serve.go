// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"superd/cmd/superd/internal/daemon"
	"superd/services"
	"superd/services/config"
	"superd/services/config/formats"
	"superd/services/config/netserver"
)

// demoVerb is the hidden verb under which superd is its own handler.
const demoVerb = "demo-handler"

func newServe(inv *invocation) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "serve [TYPE] [--KEY VALUE]… [KEY=VALUE]… [-- PROGRAM ARGS…]",
		Short: "run one service, described by the command line",
		Long: `Serves one program. What it is like is said by the options of Perl's Net::Server
and by the names of superd's own format, as --name value, --name=value or
name=value; of a list's items each has a --name of its own. The first word may be a
server type: Fork, Single, PreForkSimple, PreFork, Multiplex. --conf_file=FILE
reads Net::Server's file, which the command line is stronger than. An option that
nobody knows is the program's, which finds it in SUPERD_CONF.

Without a program the service echoes lines, as Net::Server's default handler does.
Without a port it listens on 20203. Run by root, the program runs as nobody unless
told otherwise. Under the name net-server superd is this verb.

    superd serve --port 7007 -- cat
    superd serve PreFork --port 20203
    superd serve PreFork --port 20203 --worker pass -- ./worker.py`,
		Args:               cobra.ArbitraryArgs,
		DisableFlagParsing: true, // an option of the program's is no mistake
	}
	var listed daemon.Options
	attributeFlags(cmd) // for the help
	addDaemonFlags(cmd, &listed)
	cmd.RunE = func(cmd *cobra.Command, words []string) error {
		opt, words, help := serveFlags(words)
		if help {
			return cmd.Help()
		}
		c, err := serveCommand(inv.host(), words)
		if err != nil {
			return err
		}
		src := config.Source{Format: netserver.Format, Path: "command line", Data: []byte{}}
		if c.ConfFile != "" {
			src = config.Source{Format: netserver.Format, Path: c.ConfFile}
		}
		how := launch{alone: true, formats: formats.All(), background: c.Background(inv.host()), sources: func(*config.Host) []config.Source { return []config.Source{src} }}
		for i := range how.formats {
			if how.formats[i].Name == netserver.Format {
				how.formats[i].FrontEnd = netserver.FrontEnd{Command: c}
				how.formats[i].InDir = nil // a conf_file is one file
			}
		}
		return inv.launch(opt, how)
	}
	return cmd
}

// serveFlags takes the flags out that are the daemon's own: no key is swallowed by
// them, and no value is one of them.
func serveFlags(words []string) (opt daemon.Options, rest []string, help bool) {
	for i, w := range words {
		switch w {
		case "--":
			return opt, append(rest, words[i:]...), help
		case "--stay-alive":
			opt.StayAlive = true
		case "--strict":
			opt.Strict = true
		case "--help", "-h":
			help = true
		default:
			rest = append(rest, w)
		}
	}
	return opt, rest, help
}

// serveCommand reads the words, and finds the program.
func serveCommand(host *config.Host, words []string) (*netserver.Command, error) {
	c, err := netserver.ParseCommand(words)
	if err != nil {
		return nil, usagef("%v", err)
	}
	if c.Dir, err = filepath.Abs("."); err != nil {
		return nil, failf("cannot tell the working directory: %v", err)
	}
	if c.ConfFile != "" {
		c.ConfFile = file(c.ConfFile)
	}
	// Not by its path: superd may lie in a folder that nobody cannot enter.
	c.Demo = []string{"/proc/self/exe", demoVerb}
	if len(c.Program) > 0 {
		path, err := findProgram(host, c.Program[0])
		if err != nil {
			return nil, err
		}
		c.Program = append([]string{path}, c.Program[1:]...)
	}
	if err := c.Check(host); err != nil {
		return nil, usagef("%v", err)
	}
	return c, nil
}

// attributeFlags gives the verb's help one flag for each attribute that a service or
// [daemon] has.
func attributeFlags(cmd *cobra.Command) {
	for _, row := range services.Table() {
		flag := strings.ReplaceAll(row.Name, "_", "-")
		if row.Name != "" && row.ID != services.Exec && row.ID != services.Include && cmd.Flags().Lookup(flag) == nil {
			cmd.Flags().Var(helpFlag(valueWord(row.Kind)), flag, firstSentence(row.Doc))
		}
	}
}

// helpFlag is a flag that help shows and nobody sets, since serve reads its words by
// itself: the word for its value.
type helpFlag string

func (helpFlag) String() string   { return "" }
func (helpFlag) Set(string) error { return nil }
func (s helpFlag) Type() string   { return string(s) }

// valueWord is help's word for a value of a kind.
func valueWord(k services.Kind) string {
	switch k {
	case services.KindBool:
		return "BOOL"
	case services.KindInt, services.KindCount, services.KindRlimitN, services.KindFloat:
		return "N"
	case services.KindBytes, services.KindRlimit:
		return "SIZE"
	case services.KindSeconds, services.KindWholeSeconds, services.KindTimeout:
		return "TIME"
	case services.KindPath:
		return "PATH"
	case services.KindUser:
		return "NAME"
	case services.KindWord, services.KindWords, services.KindMode:
		return "WORD"
	}
	return "VALUE"
}

func firstSentence(doc string) string {
	if i := strings.Index(doc, ". "); i >= 0 {
		return doc[:i]
	}
	return strings.TrimSuffix(doc, ".")
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
			_, worker := inv.getenv("SUPERD_WORKER")
			if code := demoHandler(worker, inv.stderr); code != ExitDone {
				return exit(code)
			}
			return nil
		},
	}
}
