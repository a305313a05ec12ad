// SPDX-License-Identifier: Apache-2.0

package syslog

import (
	"errors"
	"net"
	"strings"

	"github.com/RackSec/srslog"
	"golang.org/x/sys/unix"
)

// send sends one message, by a new connection if need be. A message that syslog
// will never take, being too long for its socket, is given up.
func (s *Sender) send(m message) error {
	var err error
	if s.w == nil {
		err = s.connect()
	}
	if err == nil {
		_, err = s.w.WriteWithPriority(srslog.Priority(m.priority), []byte(m.text))
	}
	if errors.Is(err, unix.EMSGSIZE) {
		err = nil
	}
	if err != nil {
		s.away(err, m)
	} else {
		s.told = false
	}
	return err
}

// connect makes srslog's Writer, which from then on connects anew by itself when
// a write fails. Its own dialing knows three paths and no time limit, and its
// formatters print the program's whole path: both are ours.
func (s *Sender) connect() error {
	w, err := srslog.DialWithCustomDialer("custom", s.opt.Address, srslog.LOG_DAEMON, "superd", func(_, address string) (net.Conn, error) {
		return dial(s.opt.Network, address, s.opt.HighBase, &s.end)
	})
	if err != nil {
		return err
	}
	w.SetFormatter(func(_ srslog.Priority, _, _, content string) string { return strings.TrimSuffix(content, "\n") })
	s.w = w
	return nil
}

// away is for a message that could not be sent now.
func (s *Sender) away(err error, m message) {
	if s.told {
		return
	}
	s.told = true
	if s.opt.Complain != nil {
		s.opt.Complain(err)
	}
	if s.opt.Console {
		toConsole(m.text)
	}
}

// toConsole is LOG_CONS: the message that found syslog away, not those that wait
// behind it, for a console is slow.
func toConsole(text string) {
	fd, err := unix.Open("/dev/console", unix.O_WRONLY|unix.O_NOCTTY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return
	}
	defer unix.Close(fd)
	unix.Write(fd, []byte(text+"\r\n"))
}

func (s *Sender) hangUp() {
	if s.w != nil {
		s.w.Close()
	}
}
