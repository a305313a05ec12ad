// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"time"
)

// largest is how many bytes a message of superd's may have.
const largest = 65536

// channel is the worker's end of the socket between it and superd.
type channel struct {
	conn *net.UnixConn
	buf  [largest]byte
	oob  [64]byte
}

// openChannel takes descriptor fd, which it closes, for the channel.
func openChannel(fd int) (*channel, error) {
	kind, err := syscall.GetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_TYPE)
	if err != nil || kind != syscall.SOCK_SEQPACKET {
		return nil, fmt.Errorf("descriptor %d is not superd's channel: this program is started by superd with worker = \"pass\"", fd)
	}
	f := os.NewFile(uintptr(fd), "channel")
	defer f.Close()
	c, err := net.FileConn(f)
	if err != nil {
		return nil, fmt.Errorf("cannot use superd's channel: %w", err)
	}
	u, ok := c.(*net.UnixConn)
	if !ok {
		c.Close()
		return nil, fmt.Errorf("descriptor %d is not superd's channel: a socket of %v", fd, c.LocalAddr().Network())
	}
	return &channel{conn: u}, nil
}

// Close closes the worker's end.
func (ch *channel) Close() error { return ch.conn.Close() }

// stop makes receive return now and ever after.
func (ch *channel) stop() { ch.conn.SetReadDeadline(time.Unix(1, 0)) }

// send sends one message whole. It has no error: all that can go wrong is that
// superd is gone, and then what is held is served to its end all the same.
func (ch *channel) send(text string) { ch.conn.Write([]byte(text)) }

// receive waits for a message. The file is nil if no descriptor came with it.
// io.EOF is the channel's end.
func (ch *channel) receive() (message, *os.File, error) {
	n, oobn, flags, _, err := ch.conn.ReadMsgUnix(ch.buf[:], ch.oob[:])
	if errors.Is(err, syscall.ECONNRESET) {
		// superd died with messages of ours unread; what it had sent before is
		// still to be had.
		n, oobn, flags, _, err = ch.conn.ReadMsgUnix(ch.buf[:], ch.oob[:])
	}
	if errors.Is(err, io.EOF) || err == nil && n == 0 {
		return message{}, nil, io.EOF
	}
	if err != nil {
		return message{}, nil, fmt.Errorf("cannot receive from superd: %w", err)
	}
	file, err := received(ch.oob[:oobn])
	if err == nil && flags&syscall.MSG_TRUNC != 0 {
		err = fmt.Errorf("superd's message has more than %d bytes", largest)
	}
	if err != nil {
		closeFile(file)
		return message{}, nil, err
	}
	return parseMessage(string(ch.buf[:n])), file, nil
}

// received gives the descriptor of a message, and closes what came beside it.
func received(oob []byte) (*os.File, error) {
	if len(oob) == 0 {
		return nil, nil
	}
	controls, err := syscall.ParseSocketControlMessage(oob)
	if err != nil {
		return nil, fmt.Errorf("cannot receive a connection from superd: %w", err)
	}
	var file *os.File
	for i := range controls {
		fds, err := syscall.ParseUnixRights(&controls[i])
		if err != nil {
			continue // something else than descriptors
		}
		for _, fd := range fds {
			f := os.NewFile(uintptr(fd), "connection")
			if file != nil {
				f.Close()
				continue
			}
			file = f
		}
	}
	return file, nil
}
