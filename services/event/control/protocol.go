// SPDX-License-Identifier: Apache-2.0

package control

import (
	"context"
	"encoding/json"
	"fmt"
)

// Version is the protocol's. It is raised when a request or an answer changes its
// meaning; fields that are added to answers do not raise it.
const Version = 1

// maxRequest is how long a request may be, its newline included. The longest that
// makes sense has a service's name in it.
const maxRequest = 4096

// The requests.
const (
	DoVersion  = "version"
	DoStatus   = "status"
	DoRefusals = "refusals"
	DoEvents   = "events"
	DoReload   = "reload"
	DoDrain    = "drain"
	DoEnable   = "enable"
	DoDisable  = "disable"
	DoKill     = "kill"
	DoPool     = "pool"
	DoStop     = "stop"
	DoUpgrade  = "upgrade"
)

// Request is one line from a client. What a request has no use for must be absent.
type Request struct {
	Version int      `json:"v"`
	Do      string   `json:"do"`
	Service string   `json:"service,omitempty"`
	Session string   `json:"session,omitempty"` // kill: a session's id or its process
	Servers string   `json:"servers,omitempty"` // pool: "+N", "-N" or "N"
	Drain   *float64 `json:"drain,omitempty"`   // stop: seconds that handlers have to end by themselves
	Brief   bool     `json:"brief,omitempty"`   // status: without sessions
	Program string   `json:"program,omitempty"` // upgrade: the new binary's absolute path
}

// Answer is one line to a client: the result of its request or what is wrong with
// it. After the answer to "events" come further lines with Event or Dropped.
type Answer struct {
	Version int             `json:"v"`
	Result  json.RawMessage `json:"result,omitempty"`
	Error   *Error          `json:"error,omitempty"`
	Event   json.RawMessage `json:"event,omitempty"`
	Dropped int64           `json:"dropped,omitempty"` // events that the client was too slow for
}

// Code says of which kind an error is.
type Code string

// The codes.
const (
	BadRequest Code = "bad_request" // not of this protocol
	Denied     Code = "denied"      // the caller may not
	NotFound   Code = "not_found"   // no such service or session
	Refused    Code = "refused"     // understood, and not to be done
	Failed     Code = "failed"      // tried in vain
	Busy       Code = "busy"        // too many connections
	Stopping   Code = "stopping"    // superd is about to end
)

// Error is why a request was not done.
type Error struct {
	Code    Code   `json:"code"`
	Message string `json:"message"`
}

func (e *Error) Error() string { return e.Message }

// Errorf makes an Error.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Level is what a caller must be allowed.
type Level uint8

// The levels. Root and superd's own user may operate; whoever else the socket's
// mode lets in may read.
const (
	Read Level = iota
	Operate
)

func (l Level) String() string { return [...]string{"read", "operate"}[l] }

// Caller is who asks, as the kernel tells.
type Caller struct {
	UID   int
	Pid   int // as superd's own pid namespace has it; 0 if it is not in there
	Level Level
}

// Action is what a request does. Do runs on the connection's goroutine; ctx ends
// with the Server. What it returns becomes the answer's result; an error that is no
// *Error has the code Failed.
type Action struct {
	Level Level
	// Takes names the fields of Request that the request may have: "service", …
	Takes []string
	Do    func(ctx context.Context, c Caller, r *Request) (any, error)
}

// parse reads a request's line.
func parse(line []byte) (*Request, *Error) {
	r := new(Request)
	var version struct {
		V int `json:"v"`
	}
	if err := json.Unmarshal(line, &version); err != nil {
		return nil, Errorf(BadRequest, "not a request: %v", err)
	}
	if version.V != Version {
		return nil, Errorf(BadRequest, "version %d of the protocol is not spoken here; this is version %d", version.V, Version)
	}
	if err := decodeStrict(line, r); err != nil {
		return nil, Errorf(BadRequest, "not a request: %v", err)
	}
	return r, nil
}

// stray names a field that the request has and the action does not take.
func (r *Request) stray(a *Action) string {
	for _, f := range []struct {
		name  string
		given bool
	}{{"service", r.Service != ""}, {"session", r.Session != ""}, {"servers", r.Servers != ""}, {"drain", r.Drain != nil}, {"brief", r.Brief}, {"program", r.Program != ""}} {
		if f.given && !contains(a.Takes, f.name) {
			return f.name
		}
	}
	return ""
}
