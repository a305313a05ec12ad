// SPDX-License-Identifier: Apache-2.0

package activation

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// tcpEstablished is the only state of a connection in which no FIN has come.
const tcpEstablished = 1

// Traffic tells how many bytes have been read from a tcp connection and how many
// written to it, by whoever has it. EOPNOTSUPP of other sockets, and where the
// kernel is too old to count (before Linux 4.19).
func Traffic(fd int) (read, written int64, errno syscall.Errno) {
	info, err := unix.GetsockoptTCPInfo(fd, unix.IPPROTO_TCP, unix.TCP_INFO)
	if err != nil {
		errno, _ = err.(syscall.Errno)
		return 0, 0, errno
	}
	unread, err := unix.IoctlGetInt(fd, unix.SIOCINQ)
	if err != nil {
		errno, _ = err.(syscall.Errno)
		return 0, 0, errno
	}
	received := int64(info.Bytes_received)
	if info.State != tcpEstablished && received > int64(unread) && finCounts(info.State) {
		received-- // the kernel counts a FIN as a byte here, and does not in SIOCINQ (tcp_rcv_nxt_update, tcp_inq)
	}
	return received - int64(unread), int64(info.Bytes_sent) - int64(info.Bytes_retrans) + int64(info.Notsent_bytes), 0
}

// finCounts tells the states in which the peer's FIN has come.
func finCounts(state uint8) bool {
	const timeWait, closing, closed, closeWait, lastAck = 6, 11, 7, 8, 9
	switch state {
	case timeWait, closed, closeWait, lastAck, closing:
		return true
	}
	return false
}
