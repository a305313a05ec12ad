// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
	"syscall"
)

// job is work for the owner thread. step does a slice of it and says whether it
// is done; between two slices the owner serves clients.
type job interface {
	step(e *Engine) (done bool)
}

type jobFunc func(e *Engine)

func (f jobFunc) step(e *Engine) bool { f(e); return true }

// queue brings jobs to the owner. An eventfd wakes it.
type queue struct {
	mu     sync.Mutex
	jobs   []job
	closed bool
	wakeFD int
}

func newQueue(highBase int) (*queue, error) {
	fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return nil, err
	}
	return &queue{wakeFD: moveHigh(fd, highBase)}, nil
}

// put hands a job over; false when the owner has gone.
func (q *queue) put(j job) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return false
	}
	q.jobs = append(q.jobs, j)
	one := uint64(1)
	syscall.RawSyscall(syscall.SYS_WRITE, uintptr(q.wakeFD), uintptr(unsafe.Pointer(&one)), 8)
	return true
}

// take empties the queue into buf. The owner calls it.
func (q *queue) take(buf []job) []job {
	var n uint64
	syscall.RawSyscall(syscall.SYS_READ, uintptr(q.wakeFD), uintptr(unsafe.Pointer(&n)), 8)
	q.mu.Lock()
	defer q.mu.Unlock()
	buf = append(buf, q.jobs...)
	clear(q.jobs)
	q.jobs = q.jobs[:0]
	return buf
}

func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.closed {
		q.closed = true
		unix.Close(q.wakeFD)
	}
}
