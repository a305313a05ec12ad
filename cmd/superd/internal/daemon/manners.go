// SPDX-License-Identifier: Apache-2.0

package daemon

import "golang.org/x/sys/unix"

// Manners are what an original does otherwise, under whose name superd runs. The
// zero value is superd's own.
type Manners struct {
	// Leave: TERM and QUIT end superd at once, and its handlers run on, as those of
	// xinetd and inetd do. Init scripts start the next one without a wait.
	Leave bool
	// LeaveOnTerm: TERM and INT do so, and QUIT waits for handlers as ever. It is not
	// an original's way but that of a unit with KillMode=process, as sshd's is: a
	// restart of superd is none of the sessions'.
	LeaveOnTerm bool
	// IgnoreInt: INT does nothing; a terminal's interrupt is not for a daemon.
	IgnoreInt bool
	// ReloadUSR2: USR2 is another HUP.
	ReloadUSR2 bool
	// WholeFiles: a file that cannot be used ends the start, also with StayAlive.
	WholeFiles bool
}

// meaning is the signal that superd itself has for what s asks for here; 0 is none.
func (m Manners) meaning(s unix.Signal) unix.Signal {
	switch {
	case s == unix.SIGINT && m.IgnoreInt:
		return 0
	case s == unix.SIGUSR2 && m.ReloadUSR2:
		return unix.SIGHUP
	}
	return s
}
