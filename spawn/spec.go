// SPDX-License-Identifier: Apache-2.0

// Package spawn turns a description of a process into data, and the data into a
// process.
//
// Spec → Compile → Program (a list of typed steps, a value) → lower → raw system
// calls, run by one of two interpreters: the child of clone3 (Launcher) or the
// calling process itself (the shim).
//
// Owns: process set-up, its order, and reading its failures back.
//
// Does not know: services, sockets that listen, configuration. Users and groups
// come resolved.
//
// Concurrency: Spec, Self and Program are values and may be shared. A Launcher and
// its Env belong to one goroutine that has locked its thread. Run may be called
// from any goroutine.
//
// Errors: Compile tells what is wrong with a Spec. Start gives ErrBusy or the errno
// of the clone; what goes wrong in the child comes later, as the *Error of an
// Outcome, with the step, its object and the errno.
package spawn

// Stdio says what a handler finds at descriptors 0 and 1.
type Stdio uint8

const (
	StdioSocket Stdio = iota // 0 and 1 are the connection
	StdioNull                // 0 and 1 are /dev/null, the connection is 3 as LISTEN_FDS and LISTEN_PID tell
	StdioKeep                // 0 and 1 stay as they are (the shim)
	StdioNone                // 0 and 1 are /dev/null; no connection
	StdioLog                 // 0 is /dev/null, 1 is Binding.Log; no connection
	StdioFile                // 0 is the first of Binding.Files, as a wait handler has its socket, 1 is /dev/null; no connection
)

// connects tells whether a connection is given.
func (s Stdio) connects() bool { return s == StdioSocket || s == StdioNull }

// Stderr says what a handler finds at descriptor 2.
type Stderr uint8

const (
	StderrNull   Stderr = iota
	StderrClient        // the connection
	StderrLog           // Binding.Log
)

// Rlimit is one resource limit. Unlimited is ^uint64(0), the kernel's RLIM_INFINITY.
type Rlimit struct {
	Resource int // RLIMIT_* of the kernel
	Soft     uint64
	Hard     uint64
}

// Identity is who the handler is. The zero value changes nothing (superd without root).
type Identity struct {
	Set    bool
	UID    uint32
	GID    uint32
	Groups []uint32 // supplementary groups; empty clears them
}

// Spec describes a handler. It is a value.
type Spec struct {
	Path       string   // program, as seen after Chroot and from Dir
	Argv       []string // at least argv[0]
	Env        []string // what every handler of the service gets; per-connection words are added at Start
	Identity   Identity
	Chroot     string // "" = none
	Dir        string // working directory after chroot, entered as the user; "" = "/"
	Umask      int    // -1 = inherit
	Nice       int    // relative; 0 = none
	Rlimits    []Rlimit
	Setsid     bool
	NoNewPrivs bool
	// Bounding is the set of capabilities (bit n = CAP n) that the bounding set keeps;
	// ^0 keeps all.
	Bounding uint64
	Stdio    Stdio
	Stderr   Stderr
	// Files is how many of Binding.Files the process finds, at 3 and up: at most 512,
	// and none under StdioNull, whose connection is at 3, and under StdioKeep.
	Files int
	// Listen names the first of these, and has them told by LISTEN_FDS, LISTEN_FDNAMES
	// and LISTEN_PID. sd_listen_fds_with_names(3) wants as many names as descriptors,
	// so what is to stand among the names counts in LISTEN_FDS.
	Listen []string
	// Self is the process that will start the handler, to which nice and the order
	// of the limits are relative; nil means one with all privileges and no limits.
	Self *Self
}
