// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"os"
	"path"
	"path/filepath"

	"superd/cmd/superd/internal/daemon"
	"superd/services"
	"superd/services/config"
)

// originals are the programs whose command line superd takes when it is called by
// their name, for init scripts, units and test suites that know nothing of superd.
var originals = map[string]func(inv *invocation, args []string) int{
	"xinetd": asXinetd,
	"inetd":  asInetd,
	// Net::Server's program is superd's verb, with the same words.
	"net-server": func(inv *invocation, args []string) int { return inv.execute(append([]string{"serve"}, args...)) },
}

// name is what the program was called as.
func name(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return path.Base(args[0])
}

// original is what the command line of one of them comes to.
type original struct {
	name       string
	sources    func(*config.Host) []config.Source
	formats    []config.Format // nil: all, as they are
	foreground bool
	debug      bool // and -d: all that there is to say, on standard error
	stayAlive  bool
	reloadUSR2 bool
	settings   services.Settings // of [daemon]
	adjust     func(*config.Result)
}

// run runs the daemon. The originals know two exit codes: it went well, or not.
func (o *original) run(inv *invocation) int {
	// With a service manager that waits to be told, the process that it has started
	// must be the one that tells.
	_, told := inv.getenv("NOTIFY_SOCKET")
	opt := daemon.Options{StayAlive: o.stayAlive,
		Manners: daemon.Manners{Leave: true, IgnoreInt: !o.debug, ReloadUSR2: o.reloadUSR2, WholeFiles: true}}
	how := launch{alone: true, sources: o.sources, formats: o.formats, background: !o.foreground && !o.debug && !told, adjust: func(r *config.Result) {
		if o.adjust != nil {
			o.adjust(r)
		}
		for _, x := range o.settings {
			r.Daemon.Settings = put(r.Daemon.Settings, x.Attr, x.Value)
		}
	}}
	err := inv.launch(opt, how)
	if err == nil {
		return 0
	}
	if e, ok := err.(*exitError); ok && e.text == "" {
		return min(e.code, 1)
	}
	fmt.Fprintf(inv.stderr, "%s: %v\n", o.name, err)
	return 1
}

// say puts a value of [daemon] down.
func (o *original) say(attr services.AttrID, v services.Value) {
	o.settings = o.settings.With(services.Setting{Attr: attr, Value: v})
}

// parse is say of a text, which may be wrong.
func (o *original) parse(attr services.AttrID, text string) error {
	v, err := attr.Row().Parse(text)
	if err == nil {
		o.say(attr, v)
	}
	return err
}

// file is a path as it will be understood at each reload.
func file(name string) string {
	if abs, err := filepath.Abs(name); err == nil {
		return abs
	}
	return name
}

func (inv *invocation) getenv(name string) (string, bool) { return inv.host().Getenv(name) }

// isFile tells whether there is such a file.
func isFile(host *config.Host, name string) bool {
	info, err := host.Stat(name)
	return err == nil && info.Mode()&os.ModeType == 0
}
