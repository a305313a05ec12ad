// SPDX-License-Identifier: Apache-2.0

package engine

import "time"

// meter counts what came within the last minute, nearly, for two words and a
// comparison each: the present minute's, and of the last one's as large a part as is
// still within sixty seconds. The zero value is ready.
type meter struct {
	start     int64 // of the present minute
	now, last uint32
}

const meterSpan = int64(time.Minute)

func (m *meter) add(at int64) {
	m.turn(at)
	m.now++
}

func (m *meter) turn(at int64) {
	switch past := at - m.start; {
	case past < meterSpan:
	case past < 2*meterSpan:
		m.start, m.last, m.now = m.start+meterSpan, m.now, 0
	default:
		m.start, m.last, m.now = at, 0, 0
	}
}

func (m *meter) perMinute(at int64) int64 {
	m.turn(at)
	left := meterSpan - (at - m.start)
	return int64(m.now) + int64(m.last)*left/meterSpan
}
