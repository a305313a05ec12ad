// SPDX-License-Identifier: Apache-2.0

package main

// importRule says which of our own packages a package may import.
type importRule struct {
	may []string
	why string
}

const (
	whyValues   = "values and limits know nothing above them"
	whyLeaf     = "it knows nothing of us: descriptors and processes are all it handles, and inet-shim or any other program may use it"
	whyFrontEnd = "a front-end translates bytes into a Unit and decides nothing"
	whyRun      = "the engine is given Specs: it never learns where they came from"
	whyClient   = "the command line is only a client of what is below it"
)

// importRules: imports run downwards only.
var importRules = map[string]importRule{
	"limits":          {nil, whyValues},
	"limits/access":   {[]string{"limits"}, whyValues},
	"limits/wrappers": {[]string{"limits/access"}, whyValues},
	"limits/admit":    {[]string{"limits", "limits/access", "limits/wrappers"}, "the gate is arithmetic over values"},

	"activation":                              {nil, whyLeaf},
	"activation/notify":                       {nil, whyLeaf},
	"spawn":                                   {[]string{"spawn/internal/origlimit"}, whyLeaf},
	"spawn/internal/origlimit":                {nil, whyLeaf},
	"spawn/pool":                              {nil, "the rules of size are arithmetic and the worker protocol is text: both are tested without a process"},
	"spawn/shim":                              {[]string{"spawn", "limits"}, "inet-shim links nothing but the spawn program and the values of its flags"},
	"services":                                {[]string{"limits", "limits/access"}, "the model is values"},
	"services/event":                          {nil, "the vocabulary of what happened, for all to use"},
	"services/event/logs":                     {[]string{"services/event"}, "sinks render events; whose they are is not their affair"},
	"services/event/logs/syslog":              {[]string{"services/event", "services/event/logs"}, "one sink of several"},
	"services/event/logs/servicelog":          {[]string{"services/event", "services/event/logs", "services/event/logs/syslog"}, "lines of services; what a service is it does not know"},
	"services/event/control":                  {nil, "the protocol and its documents, for superd and for those who ask it; what a request does it is told"},
	"cmd/superd/internal/screen":              {[]string{"services/event/control"}, "what is shown of a state that was told"},
	"services/event/logs/stderrlog":           {[]string{"services/event/logs/syslog"}, "what handlers say, read where there are no privileges"},
	"services/wire":                           {nil, "it reads what clients send, so it knows nothing of services, and has nothing"},
	"services/config":                         {[]string{"services", "limits", "limits/access"}, "config → services → limits"},
	"services/config/native":                  {[]string{"services/config", "services", "limits", "limits/access"}, whyFrontEnd},
	"services/config/xinetd":                  {[]string{"services/config", "services", "limits", "limits/access"}, whyFrontEnd},
	"services/config/inetd":                   {[]string{"services/config", "services", "limits", "limits/access"}, whyFrontEnd},
	"services/config/systemdunit":             {[]string{"services/config", "services", "limits", "limits/access"}, whyFrontEnd},
	"services/config/netserver":               {[]string{"services/config", "services"}, whyFrontEnd},
	"services/config/formats":                 {[]string{"services/config", "services/config/inetd", "services/config/native", "services/config/netserver", "services/config/systemdunit", "services/config/xinetd"}, "the list of front-ends, and no more"},
	"services/engine":                         {[]string{"activation", "spawn", "spawn/pool", "limits/access", "limits/admit", "limits/wrappers", "services/event"}, whyRun},
	"cmd/superd/internal/cli":                 {[]string{"cmd/superd/internal/daemon", "cmd/superd/internal/screen", "services/event/control", "contrib/worker/go", "services", "services/config", "services/config/formats", "services/config/native", "services/config/inetd", "services/config/netserver", "services/config/systemdunit", "services/config/xinetd", "services/event/logs/stderrlog", "services/wire"}, whyClient + "; show and convert write the native format, compare, serve and the originals' flags know the originals' front-ends; the reader of handlers' standard error and the relay are processes of their own"},
	"cmd/superd":                              {[]string{"cmd/superd/internal/cli", "spawn/shim"}, "main is thin"},
	"cmd/inet-shim":                           {[]string{"spawn/shim"}, "main is thin"},
	"contrib/worker/go":                       {nil, "a library for other people's programs: nothing of superd, and no module beside the standard library"},
	"cmd/superd/internal/daemon/earlysignals": {nil, "it is initialised before what imports more"},
	"cmd/superd/internal/daemon": {[]string{"cmd/superd/internal/daemon/earlysignals", "activation", "activation/notify", "limits", "limits/access", "limits/admit", "limits/wrappers", "services", "services/config",
		"services/engine", "services/event", "services/event/control", "services/event/logs", "services/event/logs/servicelog", "services/event/logs/stderrlog", "services/event/logs/syslog", "services/wire", "spawn"}, "the composition root sees everything but the command line and the formats"},
}

// importBan forbids packages of others in some of ours.
type importBan struct {
	what []string
	in   []string // folders; nil: everywhere
	but  []string // packages
	why  string
}

func (b *importBan) applies(dir string) bool {
	for _, x := range b.but {
		if dir == x {
			return false
		}
	}
	return b.in == nil || under(dir, b.in...)
}

var importBans = []importBan{
	{[]string{"os", "os/exec", "os/user", "os/signal", "net", "syscall", "golang.org/x/sys/unix"},
		[]string{"limits", "services"}, []string{"services/config", "services/engine", "services/wire", "services/event/logs", "services/event/logs/syslog", "services/event/logs/servicelog", "services/event/logs/stderrlog", "services/event/control"},
		"the model and the limits are values, and run in any test without an operating system"},
	{[]string{"os/exec"}, nil, nil, "it locks the process, copies the table of ten thousand descriptors and waits with wait4: processes are spawn's"},
	{[]string{"log"}, nil, nil, "events are posted to the log of services/event/logs, which never blocks its caller"},
	{[]string{"os/user"}, nil, nil, "it reads files and, with cgo, whatever nsswitch.conf names: config's Host asks, once, at load"},
	{[]string{"net"}, nil, []string{"services/event/logs/syslog", "contrib/worker/go"}, "a net.Listener's or Conn's descriptor is closed by a finalizer some time, when its number is somebody else's: raw descriptors with one owner"},
	{[]string{"net/http", "crypto/tls"}, nil, nil, "root never reads a client's byte"},
	{[]string{"math/rand"}, nil, nil, "math/rand/v2"},
	{[]string{"plugin", "reflect"}, nil, []string{"services", "services/config"}, "nothing here needs it"},
}

// modules are the foreign ones and the packages that have them.
var modules = map[string]struct{ in []string }{
	"golang.org/x/sys": {[]string{"activation", "activation/notify", "spawn", "spawn/pool", "spawn/shim", "services/config", "services/engine", "services/wire", "services/event/logs",
		"services/event/logs/syslog", "services/event/logs/stderrlog", "services/event/control", "cmd/superd/internal/cli", "cmd/superd/internal/daemon"}},
	"github.com/spf13/cobra":           {[]string{"cmd/superd/internal/cli"}},
	"github.com/mitchellh/go-ps":       {[]string{"cmd/superd/internal/daemon"}},
	"github.com/coreos/go-systemd/v22": {[]string{"cmd/superd/internal/daemon"}},
	"github.com/pelletier/go-toml/v2":  {[]string{"services/config/native"}},
	"github.com/RackSec/srslog":        {[]string{"services/event/logs/syslog"}},
	"github.com/gaissmai/bart":         {[]string{"limits/access", "limits/wrappers"}},
}

// callBan forbids functions but in some files.
type callBan struct {
	what []string
	but  []string // files
	why  string
}

var callBans = []callBan{
	{[]string{"time.Sleep", "time.Tick"}, nil, "wait for the condition, or for a timer that can be stopped"},
	{[]string{"os.Create", "os.CreateTemp", "os.WriteFile", "os.Rename", "os.Symlink"}, []string{"cmd/superd/internal/daemon/dump.go"},
		"superd writes two files, and those so that no planted link is followed"},
	{[]string{"os.StartProcess", "syscall.ForkExec", "syscall.StartProcess", "syscall.Exec", "unix.Exec"}, []string{"spawn/route.go", "cmd/superd/internal/cli/background.go", "cmd/superd/internal/daemon/upgrade.go"},
		"a process is the spawn program's; only where the kernel has no clone3, or lets strangers into a child's memory, the shim is started thus, and superd itself when it goes to the background or is upgraded"},
	{[]string{"os.Setenv", "os.Unsetenv", "os.Clearenv", "os.Chdir", "syscall.Setuid", "syscall.Setgid", "golang.org/x/sys/unix.Umask", "syscall.Umask"}, nil,
		"what belongs to the whole process is not changed for the sake of one handler"},
	{[]string{"os.Exit"}, []string{"cmd/superd/main.go", "cmd/inet-shim/main.go"}, "nobody below main ends the process: what is open must be closed"},
	{[]string{"golang.org/x/sys/unix.Read", "golang.org/x/sys/unix.Recvfrom", "golang.org/x/sys/unix.Recvmsg", "syscall.Read", "syscall.Recvfrom"},
		[]string{"cmd/superd/internal/cli/demo_handler.go", "services/event/logs/stderrlog/reader.go", "services/event/logs/stderrlog/control.go", "services/wire/message.go"},
		"root never reads a client's byte; the demo handler, the reader of handlers' standard error and the relay are unprivileged programs"},
	{[]string{"golang.org/x/sys/unix.Wait4", "syscall.Wait4"}, nil, "wait4(-1) costs more with each child: exits come by pidfd"},
	{[]string{"fmt.Print", "fmt.Printf", "fmt.Println"}, nil, "output goes to the writer that one was given"},
}

// readOnlyAddress are package variables whose address is taken to read a table
// without copying it.
var readOnlyAddress = map[string]bool{"activation.options": true, "services.table": true, "services.kinds": true}

// shimLinks are the packages that inet-shim consists of.
var shimLinks = []string{"cmd/inet-shim", "spawn/shim", "spawn", "spawn/internal/origlimit", "limits"}

// shimNever are packages of the standard library that are slow to start or large.
var shimNever = []string{"net", "net/http", "encoding/json", "regexp", "text/template", "reflect", "log/slog"}
