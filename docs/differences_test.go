// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"superd/internal/difftest"
	"superd/services/config/inetd"
	"superd/services/config/netserver"
	"superd/services/config/xinetd"
)

var update = flag.Bool("update", false, "write differences.md anew")

const differencesHead = `# What superd takes otherwise than the originals

superd gives xinetd's, inetd's and Net::Server's files the same meaning as the code that they were written for, or a stricter one out of this list: one row for each kind.
` + "`superd check --compare`" + ` tells which lines of *your* files are concerned. The rows come of the front-ends' own tables, and each is shown by a test;
this page is made of them by ` + "`go test ./docs -update`" + `, and a test holds it to them. What is not built yet is refused and not listed here: see
[xinetd.md](xinetd.md), [inetd.md](inetd.md) and [net-server.md](net-server.md).
`

// TestDifferencesAreCurrent: the page says what the tables say.
func TestDifferencesAreCurrent(t *testing.T) {
	want := differencesPage()
	if *update {
		if err := os.WriteFile("differences.md", []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile("differences.md")
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("differences.md is not what the tables say; make it anew: go test ./docs -update")
	}
}

func differencesPage() string {
	var b strings.Builder
	b.WriteString(differencesHead)

	table(&b, "Lines of xinetd.conf", "Each has its example in `xinetd.TestDifferences`, under the row's name.", "xinetd 2.3.15")
	for _, d := range xinetd.Differences() {
		row(&b, d.Subject, d.Xinetd, d.Superd, d.Why)
	}
	table(&b, "Lines of inetd.conf", "Each has its example in `inetd.TestDifferences`, under the row's name.", "the original")
	for _, d := range inetd.Differences() {
		row(&b, d.Subject, d.Inetd, d.Superd, d.Why)
	}
	table(&b, "Lines of Net::Server's files", "Each has its example in `netserver.TestDifferences`, under the row's name.", "Net::Server 2.013 to 2.018")
	for _, d := range netserver.Differences() {
		row(&b, d.Subject, d.NetServer, d.Superd, d.Why)
	}
	table(&b, "What a program or client sees", "`TestXinetdCorpus`, `TestXinetdAttributes` and `TestXinetdRandom` run services under xinetd and under superd, and take "+
		"no other difference.", "xinetd 2.3.15")
	for _, d := range difftest.Differences {
		row(&b, d.Subject, d.Xinetd, d.Superd, d.Why)
	}
	table(&b, "The daemon", "", "the originals")
	for _, d := range behaviours {
		row(&b, d.subject, d.original, d.superd, d.why+" (`"+d.test+"`)")
	}
	return b.String()
}

func table(b *strings.Builder, title, note, original string) {
	fmt.Fprintf(b, "\n## %s\n\n", title)
	if note != "" {
		fmt.Fprintf(b, "%s\n\n", note)
	}
	fmt.Fprintf(b, "| | %s | superd | why |\n| --- | --- | --- | --- |\n", original)
}

// row writes a row; a "|" in a cell would end it.
func row(b *strings.Builder, cells ...string) {
	for i, c := range cells {
		cells[i] = strings.NewReplacer("|", `\|`, "<", "&lt;", "*", `\*`).Replace(c)
	}
	fmt.Fprintf(b, "| %s |\n", strings.Join(cells, " | "))
}
