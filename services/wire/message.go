// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// maxMessage is the longest message in bytes.
const maxMessage = 4096

// errAgain: there is no message now.
var errAgain = errors.New("no message")

// errEnded: superd's side is closed, and no message is left.
var errEnded = errors.New("superd has closed its side")

// order is a message: copy between these two.
type order struct {
	id              uint64
	client, program int
}

// receive takes one message. What it cannot be made of is an error, and whatever
// descriptors came are closed then.
func receive(channel int) (order, error) {
	var text [maxMessage]byte
	var beside [64]byte // room for more than two, so that those too many are seen
	for {
		n, k, flags, _, err := unix.Recvmsg(channel, text[:], beside[:], unix.MSG_DONTWAIT|unix.MSG_CMSG_CLOEXEC)
		switch {
		case err == unix.EINTR:
			continue
		case err == unix.EAGAIN:
			return order{}, errAgain
		case err == unix.ECONNRESET: // superd died with something unread, which is none of ours
			continue
		case err != nil:
			return order{}, fmt.Errorf("cannot hear superd: %w", err)
		}
		fds := passed(beside[:k])
		if n == 0 && len(fds) == 0 && ended(channel) {
			return order{}, errEnded
		}
		o, err := orderOf(text[:n], fds, flags)
		if err != nil {
			for _, fd := range fds {
				unix.Close(fd)
			}
			return order{}, &malformedError{err}
		}
		return o, nil
	}
}

// ended tells an end from a packet without a byte.
func ended(channel int) bool {
	poll := []unix.PollFd{{Fd: int32(channel), Events: unix.POLLRDHUP}}
	n, err := unix.Poll(poll, 0)
	return n > 0 || err != nil
}

// malformedError is of a message that is none of the protocol's.
type malformedError struct{ cause error }

func (e *malformedError) Error() string { return "cannot use a message of superd: " + e.cause.Error() }
func (e *malformedError) Unwrap() error { return e.cause }

// passed lists the descriptors that came with a message.
func passed(beside []byte) (fds []int) {
	list, err := unix.ParseSocketControlMessage(beside)
	if err != nil {
		return nil
	}
	for i := range list {
		if some, err := unix.ParseUnixRights(&list[i]); err == nil {
			fds = append(fds, some...)
		}
	}
	return fds
}

func orderOf(text []byte, fds []int, flags int) (order, error) {
	switch {
	case flags&unix.MSG_TRUNC != 0:
		return order{}, fmt.Errorf("it is longer than %d bytes", maxMessage)
	case flags&unix.MSG_CTRUNC != 0:
		return order{}, errors.New("not all of its descriptors came")
	}
	id, err := parse(text)
	if err != nil {
		return order{}, err
	}
	if len(fds) != 2 {
		return order{}, fmt.Errorf("connection %d: %d descriptors, not two", id, len(fds))
	}
	for _, fd := range fds {
		if kind, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TYPE); err != nil || kind != unix.SOCK_STREAM {
			return order{}, fmt.Errorf("connection %d: a descriptor is no stream socket", id)
		}
	}
	return order{id: id, client: fds[0], program: fds[1]}, nil
}

// parse reads a message's text and gives the connection's id.
func parse(text []byte) (id uint64, err error) {
	body, whole := strings.CutSuffix(string(text), "\n")
	if !whole {
		return 0, errors.New("its last line has no end")
	}
	verb, rest, more := strings.Cut(body, "\n")
	if verb != "relay" {
		return 0, fmt.Errorf("the verb %.40q is not known", verb)
	}
	if strings.IndexByte(body, 0) >= 0 {
		return 0, errors.New("it holds a NUL")
	}
	for more {
		var line string
		line, rest, more = strings.Cut(rest, "\n")
		key, value, ok := strings.Cut(line, "=")
		switch {
		case !ok || key == "":
			return 0, fmt.Errorf("the line %.40q is not key=value", line)
		case key != "id":
		case id != 0:
			return 0, errors.New("id is there twice")
		default:
			if id, err = number(value); err != nil {
				return 0, err
			}
		}
	}
	if id == 0 {
		return 0, errors.New("it has no id")
	}
	return id, nil
}

// number reads an id as the protocol has it: decimal, without sign or leading zeros.
func number(s string) (uint64, error) {
	n, err := strconv.ParseUint(s, 10, 63)
	if err != nil || n == 0 || s[0] == '0' {
		return 0, fmt.Errorf("the id %.40q is not a number of 1 to 2^63-1", s)
	}
	return n, nil
}
