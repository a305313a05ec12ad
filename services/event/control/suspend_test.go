// SPDX-License-Identifier: Apache-2.0

package control

import (
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Who follows stays connected from one Server to the next, of this image or of another,
// and has every event once: also what happens meanwhile, and the rest of a line that was
// half sent.
func TestFollowersOutliveServers(t *testing.T) {
	for _, way := range []string{"quick", "slow", "another image"} {
		t.Run(way, func(t *testing.T) {
			s := serve(t, nil)
			c, err := Dial(s.path)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if err := c.Call(Request{Do: DoEvents}, nil, time.Minute); err != nil {
				t.Fatal(err)
			}
			gone, err := Dial(s.path) // and one that goes while there is no Server
			if err != nil {
				t.Fatal(err)
			}
			if err := gone.Call(Request{Do: DoEvents, Service: "other"}, nil, time.Minute); err != nil {
				t.Fatal(err)
			}
			const rounds, burst = 10, 300
			unheard := make(chan struct{}, rounds*3*burst)
			said := 0
			say := func(most int) { // nothing is to be dropped
				for range burst {
					for way != "slow" && len(unheard) > most {
						runtime.Gosched()
					}
					unheard <- struct{}{}
					s.hub.Publish("x", fmt.Appendf(nil, `{"n":%d,"pad":%q}`, said, strings.Repeat("p", 200)))
					said++
				}
			}
			heard := make(chan error, 1)
			begin := make(chan struct{})
			go func() {
				<-begin
				c.Forever()
				heard <- hearAll(c, rounds*3*burst, unheard)
			}()
			if way != "slow" {
				close(begin)
			}
			server := s.Server
			for i := range rounds {
				say(100)
				list := server.Suspend()
				if i == 0 {
					gone.Close()
				}
				if way == "another image" {
					list = restored(t, &s.hub, list)
				}
				say(100 + burst) // nobody sends them now
				if server, err = Serve(s.again(t, list)); err != nil {
					t.Fatal(err)
				}
				say(100)
			}
			if way == "slow" {
				close(begin)
			}
			if err := <-heard; err != nil {
				t.Error(err)
			}
			c.Close()
			server.Close()
			if s.hub.Followed() {
				t.Error("somebody follows still")
			}
		})
	}
}

// hearAll reads events until n of them have come or were dropped.
func hearAll(c *Client, n int, unheard <-chan struct{}) error {
	for next := 0; next < n; {
		a, err := c.Next()
		if err != nil {
			return fmt.Errorf("after %d events: %w", next, err)
		}
		if a.Event == nil {
			next += int(a.Dropped)
			continue
		}
		var e struct{ N int }
		if err := json.Unmarshal(a.Event, &e); err != nil || e.N != next {
			return fmt.Errorf("event %d, %v; want %d", e.N, err, next)
		}
		next++
		<-unheard
	}
	return nil
}

// again is what the next Server is made of.
func (s *served) again(t *testing.T, list []*Following) Options {
	t.Helper()
	opt := s.opt
	opt.Following = list
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	if err := errors.Join(unix.Bind(fd, &unix.SockaddrUnix{}), unix.Listen(fd, 1)); err != nil { // to a name of the kernel's choice
		t.Fatal(err)
	}
	opt.Socket = fd
	return opt
}

// restored are the same clients, as another image has them.
func restored(t *testing.T, hub *Hub, list []*Following) (again []*Following) {
	t.Helper()
	for _, x := range list {
		data, err := json.Marshal(x.State(hub))
		if err != nil {
			t.Fatal(err)
		}
		var st FollowingState
		if err := json.Unmarshal(data, &st); err != nil {
			t.Fatal(err)
		}
		if st.FD, err = unix.FcntlInt(uintptr(st.FD), unix.F_DUPFD_CLOEXEC, 0); err != nil {
			t.Fatal(err)
		}
		x.Close(hub)
		again = append(again, hub.Restore(st))
	}
	return again
}
