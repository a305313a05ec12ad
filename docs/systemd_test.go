// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"superd/internal/difftest"
	"superd/services/config/systemdunit"
)

const systemdHead = `# Socket units of systemd as a configuration

` + "`superd run -c FILE.socket`" + ` serves a socket unit with the service unit that it starts, and ` + "`-c DIR`" + ` all socket units of a folder (` + "`*.socket`" + `, but no
templates). A pair with Accept=yes is a service of mode ` + "`inet`" + `, one without it a service of mode ` + "`wait`" + `. (` + "`systemd-units.txtar`" + `, ` + "`TestCorpus`" + `)

- **What belongs to a unit**: the service unit beside it (` + "`NAME@.service`" + `, ` + "`NAME.service`" + `, what Service= names, or the template of an instance), and drop-ins
  (` + "`NAME.socket.d/*.conf`" + `, those of a template, of ` + "`PREFIX-`" + ` and of the whole type). They are looked for in the folder of the socket unit; if that is one of
  systemd's own (or a ` + "`.wants`" + ` folder in one), in all of these, in systemd's order: /etc, /run, /usr/local/lib, /usr/lib, /lib. An empty unit, or a link to /dev/null, is masked:
  the service is off.
- **Templates** are served as instances: as a link ` + "`NAME@INSTANCE.socket`" + `, with %i and its like. In the service of an Accept=yes pair %i, %n and $REMOTE_ADDR are each
  connection's own and cannot stand in what is read before one comes: such a service is refused.
- **Command lines, lists and variables** are read as systemd reads them, which a test on the booted systemd shows (` + "`TestUnitForms`" + `). Files of variables, conditions and
  accounts are looked at when superd reads the unit, and at a reload, not at each connection.
- **Every option has one of four words**, in the table below. *Not built yet* refuses the service, since it would run without something that the unit asks for;
  ` + "`--allow-missing OPTION[,…]`" + ` of run, check, show, convert and explain runs it without, with a warning. (` + "`TestMissing`" + `)
- **One program has all sockets** of an Accept=no service: ` + "`stdio = \"all\"`" + `. These are those of each Listen line, FIFOs among them, and of each unit that superd is told to read and
  that starts the service (Service=); of units that Sockets= names, and of those that a unit requires or wants and that start the same service, whether superd is told of them
  or not. All are one service, with the id of the unit that has the service's name, else of the first by name. Its sockets come first, then those of the others by name; systemd
  says no order of units (sd_listen_fds(3)), so programs go by FileDescriptorName=. What a unit says of its sockets is theirs alone. (` + "`TestSharedDaemon`, `units-shared.txtar`" + `)
- **No trigger limits**: superd never switches a service off because clients come, or programs end, often. Beyond MaxConnections clients are refused, 64 unless the unit says so.
- **Without User= a program runs as root**, as under systemd; ` + "`superd check`" + ` says so of each.
- What no attribute tells hangs on ` + "`compat = \"systemd\"`" + `: supplementary groups are those of the user with the unit's group; of a limit that cannot be had the nearest is given;
  a daemon that gets its socket itself gets one for IPv4 and IPv6.

## The other way

` + "`superd convert -c FILE`" + ` writes units as superd's own file. ` + "`superd convert -c FILE --to systemd-socket`" + ` writes, of configuration in any format, the socket units by which
systemd would hold the sockets of the services that run: each behind a line ` + "`# superd-SERVICE.socket`" + `, with the service's name as FileDescriptorName=, by which
superd.service finds them. IPv4 and IPv6 stand apart, as superd opens them; sockets with different options are in units of their own. What no unit can hold (port 0) is
said, and the command exits with 3. (` + "`TestWrite`" + `, ` + "`TestWrittenUnitsVerify`" + `, ` + "`TestWrittenUnitsHold`" + `)
`

// TestSystemdIsCurrent: the page says what the tables say, and names tests that
// there are.
func TestSystemdIsCurrent(t *testing.T) {
	want := systemdPage()
	if *update {
		if err := os.WriteFile("systemd.md", []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if read(t, "systemd.md") != want {
		t.Errorf("systemd.md is not what the tables say; make it anew: go test ./docs -update")
	}
	x := readTree(t)
	for _, m := range reference.FindAllStringSubmatch(want, -1) {
		if !x.has(m[1], m[2], m[3]) {
			t.Errorf("there is no %s", m[0])
		}
	}
}

func systemdPage() string {
	var b strings.Builder
	b.WriteString(systemdHead)
	table(&b, "What a program sees otherwise", "`TestUnitPairs` and `TestUnitForms` have pairs served by systemd 252 and by superd, and take no other difference.", "systemd")
	for _, d := range difftest.UnitDifferences {
		row(&b, d.Subject, d.Systemd, d.Superd, d.Why)
	}
	b.WriteString("\n## Every option\n\nmapped: becomes the attributes. no meaning here: nothing is said. warned: the service runs, and `superd check` tells. not built yet: refused.\n")
	for _, section := range []systemdunit.Section{systemdunit.Socket, systemdunit.Service, systemdunit.Unit, systemdunit.Install} {
		fmt.Fprintf(&b, "\n### %s\n\n| options | superd | how |\n| --- | --- | --- |\n", section)
		for _, rows := range alike(section) {
			o := rows[0]
			var names []string
			for _, o := range rows {
				names = append(names, o.Name)
			}
			how := o.Note
			if o.To != "" {
				how = strings.TrimSpace("`" + strings.ReplaceAll(o.To, " ", "`, `") + "` " + how)
			}
			row(&b, strings.Join(names, ", "), o.Word.String(), how)
		}
	}
	return b.String()
}

// alike groups the options of a section of which the table says the same.
func alike(section systemdunit.Section) (groups [][]systemdunit.Option) {
	for _, o := range systemdunit.Table() {
		if o.In&section == 0 {
			continue
		}
		i := slices.IndexFunc(groups, func(g []systemdunit.Option) bool {
			return g[0].Word == o.Word && g[0].To == o.To && g[0].Note == o.Note
		})
		if i < 0 {
			i = len(groups)
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], o)
	}
	return groups
}
