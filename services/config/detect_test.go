// SPDX-License-Identifier: Apache-2.0

package config

import "testing"

func TestDetect(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"a.toml", "service x\n{\n", "native"},
		{"a.socket", "", "systemd"},
		{"f", "", "native"},
		{"f", "# only\n\n  # comments\n; and such\n", "native"},
		{"f", "\uFEFF[services.a]\nport = 1\n", "native"},
		{"f", "[defaults]\r\nuser = \"x\"\r\n", "native"},
		{"f", "services.a.port = 1\n", "native"},
		{"f", "defaults = { }\n", "native"},
		{"f", "user = \"nobody\"\n", "native"},
		{"f", "[Unit]\nDescription=x\n", "systemd"},
		{"f", "; c\n[Socket]\n", "systemd"},
		{"f", "service ftp\n{\n", "xinetd"},
		{"f", "SERVICE ftp\n{\n", "xinetd"},
		{"f", "service ftp {\n", "xinetd"},
		{"f", "defaults\n{\n", "xinetd"},
		{"f", "includedir /etc/xinetd.d\n", "xinetd"},
		{"f", "}\njunk\nservice ftp\n{\n", "xinetd"},
		{"f", "ftp stream tcp nowait root /usr/sbin/tcpd in.ftpd\n", "inetd"},
		{"f", "#<off># x\ntime\tdgram\tudp\twait\troot\tinternal\n", "inetd"},
		{"f", "127.0.0.1:\nftp stream tcp nowait root /x x\n", "inetd"},
		{"f", "*:\n", "inetd"},
		{"f", "user nobody\nport 20203\n", "netserver"},
		{"f", "user = nobody\nport = 20203\n", "netserver"},
		{"f", "port: 80\n", "netserver"},
		{"f", "--port=80\n", "netserver"},
		{"f", "%%%\n", ""},
		{"f", "\x7fELF\x00\x01\n", ""},
	} {
		if got := Detect(c.name, []byte(c.text)); got != c.want {
			t.Errorf("Detect(%q, %q) = %q, want %q", c.name, c.text, got, c.want)
		}
	}
}
