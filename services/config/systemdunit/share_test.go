// SPDX-License-Identifier: Apache-2.0

package systemdunit_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"superd/services"
	"superd/services/config"
	"superd/services/config/formats"
)

const program = "[Service]\nUser=nobody\nExecStart=/usr/bin/prog\n"

// sharing are the forms in which units say that they have one program.
var sharing = []struct {
	name   string
	files  map[string]string
	read   []string // what superd is told to read
	id     string
	ports  string // with the names
	remark string // that there is
}{
	{"several lines", map[string]string{
		"u/d.socket":  "[Socket]\nListenStream=2\nListenDatagram=1\nListenFIFO=/run/f\nFileDescriptorName=x\n",
		"u/d.service": program,
	}, []string{"u/d.socket"}, "d", "x=tcp [::]:2 x=udp [::]:1 x=fifo /run/f", ""},
	{"Service", map[string]string{
		"u/d-ssh.socket": "[Socket]\nListenStream=1\nService=d.service\nFileDescriptorName=ssh\n",
		"u/d.socket":     "[Socket]\nListenStream=2\n",
		"u/a.socket":     "[Socket]\nListenStream=3\nService=d.service\n",
		"u/d.service":    program,
	}, []string{"u/d-ssh.socket", "u/d.socket", "u/a.socket"}, "d", "d.socket=tcp [::]:2 a.socket=tcp [::]:3 ssh=tcp [::]:1", ""},
	{"Service, none of its own name", map[string]string{
		"u/b.socket":  "[Socket]\nListenStream=1\nService=d.service\n",
		"u/a.socket":  "[Socket]\nListenStream=2\nService=d.service\n",
		"u/d.service": program,
	}, []string{"u/b.socket", "u/a.socket"}, "a", "a.socket=tcp [::]:2 b.socket=tcp [::]:1", ""},
	{"Service, one of them read", map[string]string{
		"u/d-ssh.socket": "[Socket]\nListenStream=1\nService=d.service\n",
		"u/d.socket":     "[Socket]\nListenStream=2\n",
		"u/d.service":    program,
	}, []string{"u/d-ssh.socket"}, "d-ssh", "d-ssh.socket=tcp [::]:1", ""},
	{"Sockets", map[string]string{
		"u/d.socket":  "[Socket]\nListenStream=1\n",
		"u/b.socket":  "[Socket]\nListenStream=2\nService=d.service\nBacklog=5\nSocketMode=600\nListenStream=/run/b\n",
		"u/d.service": "[Service]\nSockets=b.socket gone.socket\nUser=nobody\nExecStart=/usr/bin/prog\n",
	}, []string{"u/d.socket"}, "d", "d.socket=tcp [::]:1 b.socket=tcp [::]:2 b.socket=unix /run/b", "there is no gone.socket beside it: the program does not get its sockets"},
	{"Sockets, all read", map[string]string{
		"u/d.socket":  "[Socket]\nListenStream=1\n",
		"u/b.socket":  "[Socket]\nListenStream=2\nService=d.service\n",
		"u/d.service": "[Service]\nSockets=b.socket\nSockets=d.socket\nUser=nobody\nExecStart=/usr/bin/prog\n",
	}, []string{"u/b.socket", "u/d.socket"}, "d", "d.socket=tcp [::]:1 b.socket=tcp [::]:2", ""},
	{"Requires of the service", map[string]string{
		"u/d-ssh.socket":  "[Socket]\nListenStream=1\nService=d.service\n",
		"u/d-http.socket": "[Unit]\nBindsTo=d-more.socket\n[Socket]\nListenStream=2\nService=d.service\n",
		"u/d-more.socket": "[Socket]\nListenStream=3\nService=%p.service\nService=d.service\n",
		"u/other.socket":  "[Socket]\nListenStream=4\nAccept=never\n",
		"u/d.service":     "[Unit]\nRequires=d-ssh.socket d-http.socket\nWants=other.socket %N.socket\n[Service]\nUser=nobody\nExecStart=/usr/bin/prog\n",
	}, []string{"u/d-ssh.socket"}, "d-http", "d-http.socket=tcp [::]:2 d-more.socket=tcp [::]:3 d-ssh.socket=tcp [::]:1", "superd starts no units: other.socket has to run without it"},
	{"an instance", map[string]string{
		"u/d@.socket":      "[Socket]\nListenStream=/run/%i\n",
		"u/d@1.socket":     "[Socket]\nListenStream=/run/%i\n",
		"u/d-more@.socket": "[Socket]\nListenStream=/run/more-%i\nService=d@%i.service\n",
		"u/d@.service":     "[Unit]\nRequires=d-more@%i.socket\n" + program,
	}, []string{"u/d@1.socket"}, "d@1", "d@1.socket=unix /run/1 d-more@1.socket=unix /run/more-1", ""},
	{"what is off brings nothing", map[string]string{
		"u/d.socket":  "[Socket]\nListenStream=1\n",
		"u/b.socket":  "[Unit]\nConditionPathExists=/nowhere\n[Socket]\nListenStream=2\nService=d.service\n",
		"u/c.socket":  "",
		"u/d.service": "[Service]\nSockets=b.socket c.socket\nUser=nobody\nExecStart=/usr/bin/prog\n",
	}, []string{"u/d.socket"}, "d", "d.socket=tcp [::]:1", ""},
}

// loadAll reads several socket units.
func loadAll(files map[string]string, names ...string) *config.Result {
	var sources []config.Source
	for _, name := range names {
		sources = append(sources, config.Source{Path: name})
	}
	return config.Load(machine(files), formats.All(), sources)
}

// TestSharedDaemon: a daemon whose sockets are in several units is one service, by
// whichever of them superd is told of it, and in whatever order.
func TestSharedDaemon(t *testing.T) {
	for _, c := range sharing {
		read := slices.Clone(c.read)
		for range 2 {
			s, said := sharedAs(c.files, read)
			if want := c.id + ": " + c.ports; s != want {
				t.Errorf("%s: got %s\nwant %s\n%v", c.name, s, want, said)
			}
			if c.remark != "" && (len(said) != 1 || !strings.Contains(said[0], c.remark)) || c.remark == "" && len(said) > 0 && !strings.Contains(said[0], "is masked") {
				t.Errorf("%s: remarks %q", c.name, said)
			}
			slices.Reverse(read)
		}
	}
}

// sharedAs words what superd makes of units: the services that run, and the remarks.
func sharedAs(files map[string]string, read []string) (text string, said []string) {
	r := loadAll(files, read...)
	for _, d := range r.Diags {
		said = append(said, d.String())
	}
	var all []string
	for _, s := range r.Services {
		if s.State != services.Enabled || !s.OneForAll() {
			return fmt.Sprintf("%s is %v, stdio %s", s.ID, s.State, s.Str(services.Stdio)), said
		}
		var sockets []string
		for i, k := range s.Sockets {
			sockets = append(sockets, s.FDName(i)+"="+k.Network+" "+k.Address)
		}
		all = append(all, s.ID+": "+strings.Join(sockets, " "))
	}
	return strings.Join(all, "; "), said
}

// TestOptionsOfEach: what one unit says of its sockets is not said of another's.
func TestOptionsOfEach(t *testing.T) {
	s := only(t, loadAll(map[string]string{
		"u/d.socket":  "[Socket]\nListenStream=/run/d\nSocketMode=600\nBacklog=7\nKeepAlive=yes\n",
		"u/b.socket":  "[Socket]\nListenStream=/run/b\nListenStream=80\nService=d.service\nBindIPv6Only=ipv6-only\n",
		"u/d.service": program,
	}, "u/d.socket", "u/b.socket"))
	for i, want := range []string{"600 7", "666 2147483647", "666 2147483647"} {
		set := s.SocketSettings(i)
		if got := fmt.Sprint(set.Str(services.SocketMode), " ", set.Int(services.Listen)); got != want {
			t.Errorf("socket %d: %s", i, got)
		}
	}
	if !s.Sockets[2].V6Only {
		t.Error("BindIPv6Only is lost")
	}
}

// TestNotShared: programs that cannot be given several units' sockets.
func TestNotShared(t *testing.T) {
	for want, files := range map[string]map[string]string{
		"StandardInput=socket gives the program one socket": {"u/d.socket": "[Socket]\nListenStream=1\n", "u/b.socket": "[Socket]\nListenStream=2\nService=d.service\n",
			"u/d.service": program + "StandardInput=socket\n"},
		"asks for $LISTEN_FDNAMES": {"u/d.socket": "[Socket]\nListenStream=1\n", "u/b.socket": "[Socket]\nListenStream=2\nService=d.service\n",
			"u/d.service": "[Service]\nUser=nobody\nExecStart=/usr/bin/prog $LISTEN_FDNAMES\n"},
		"there is one standard input, and 2 sockets": {"u/d.socket": "[Socket]\nListenStream=1\nListenStream=2\n", "u/d.service": program + "StandardInput=socket\n"},
		"b.socket starts another service": {"u/d.socket": "[Socket]\nListenStream=1\n", "u/b.socket": "[Socket]\nListenStream=2\n", "u/b.service": program,
			"u/d.service": program + "Sockets=b.socket\n"},
		`"x.service" is no socket unit`: {"u/d.socket": "[Socket]\nListenStream=1\n", "u/d.service": program + "Sockets=x.service\n"},
		"more than 512 socket units":    {"u/d.socket": "[Socket]\nListenStream=1\n", "u/d.service": program + "Sockets=" + many(600) + "\n"},
		`"9": want octal digits`:        {"u/d.socket": "[Socket]\nListenStream=1\n", "u/b.socket": "[Socket]\nListenStream=2\nService=d.service\nSocketMode=9\n", "u/d.service": program + "Sockets=b.socket"},
	} {
		names := []string{"u/d.socket"}
		if _, two := files["u/b.socket"]; two && !strings.Contains(files["u/d.service"], "Sockets=") {
			names = append(names, "u/b.socket")
		}
		r := loadAll(files, names...)
		if s := only(t, r); s.State != services.Refused || !said(r, want) {
			t.Errorf("%s: %v: %v", want, s.State, r.Diags)
		}
	}
}

func many(n int) string {
	names := map[string]bool{}
	for i := range n {
		names[fmt.Sprintf("s%d.socket", i)] = true
	}
	return strings.Join(slices.Sorted(maps.Keys(names)), " ")
}

// TestManyUnits: each of many units of one program is looked at once for all of them,
// not once for each.
func TestManyUnits(t *testing.T) {
	const n = 100
	files := map[string]string{}
	var names []string
	for i := range n {
		name := fmt.Sprintf("u/s%d.socket", i)
		files[name] = fmt.Sprintf("[Socket]\nListenStream=%d\nService=d.service\n", i+1)
		names = append(names, name)
	}
	files["u/d.service"] = program + "Sockets=" + many(n) + "\n"
	h := machine(files)
	read, reads := h.ReadFile, 0
	h.ReadFile = func(name string) ([]byte, error) { reads++; return read(name) }
	var sources []config.Source
	for _, name := range names {
		sources = append(sources, config.Source{Path: name})
	}
	s := only(t, config.Load(h, formats.All(), sources))
	if len(s.Sockets) != n || reads > 10*n {
		t.Errorf("%d sockets after %d reads of files", len(s.Sockets), reads)
	}
}
