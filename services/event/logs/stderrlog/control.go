// SPDX-License-Identifier: Apache-2.0

package stderrlog

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// A message on the control socket, which is of the kind that keeps messages apart,
// is a letter; that of a pipe has the service's name behind it and the descriptor
// beside it.
const (
	msgPipe   = 'P'
	msgFinish = 'F'
)

// maxName is as much of a service's name as lines bear.
const maxName = 255

// Give hands the reading end of a service's pipe over; it stays the caller's, too.
// EAGAIN says that the reader has not taken the earlier ones yet.
func Give(control int, service string, pipe int) error {
	text := append([]byte{msgPipe}, service[:min(len(service), maxName)]...)
	return unix.Sendmsg(control, text, unix.UnixRights(pipe), nil, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
}

// Finish tells the reader to send what is in its pipes and to end, although there
// are handlers that may write more: another reader takes over.
func Finish(control int) error {
	return unix.Sendmsg(control, []byte{msgFinish}, nil, nil, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
}

// message is what came by the control socket. The zero value: superd has gone.
type message struct {
	kind    byte
	service string
	pipe    int
}

func receive(control int) (message, error) {
	var text [1 + maxName]byte
	beside := make([]byte, unix.CmsgSpace(4))
	for {
		n, k, _, _, err := unix.Recvmsg(control, text[:], beside, unix.MSG_DONTWAIT|unix.MSG_CMSG_CLOEXEC)
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			return message{}, err
		case n == 0:
			return message{}, nil
		}
		m := message{kind: text[0], service: string(text[1:n]), pipe: -1}
		if m.kind == msgPipe {
			if m.pipe, err = passed(beside[:k]); err != nil {
				return message{kind: m.kind, pipe: -1}, fmt.Errorf("cannot take the pipe of %q: %w", m.service, err)
			}
		}
		return m, nil
	}
}

// passed is the one descriptor of a message.
func passed(beside []byte) (int, error) {
	list, err := unix.ParseSocketControlMessage(beside)
	if err != nil {
		return -1, err
	}
	for i := range list {
		if fds, err := unix.ParseUnixRights(&list[i]); err == nil && len(fds) == 1 {
			return fds[0], nil
		}
	}
	return -1, unix.EMFILE // as the kernel drops what finds no number
}
