// SPDX-License-Identifier: Apache-2.0

package pool

import (
	"math"
	"math/bits"
)

// Unlimited is the number of connections of a worker that is never replaced.
const Unlimited int64 = -1

// Requests is how many connections a new worker serves before it is replaced:
// most, and a part of jitter that rnd, a random number of 64 bits, picks evenly
// from 0 to jitter. Without it workers that were started together retire together. A most below
// 0 is Unlimited, whatever the jitter; 0 is one connection a worker.
func Requests(most, jitter int64, rnd uint64) int64 {
	if most < 0 {
		return Unlimited
	}
	most = max(most, 1)
	if jitter <= 0 {
		return most
	}
	more, _ := bits.Mul64(rnd, uint64(jitter)+1)
	if int64(more) > math.MaxInt64-most {
		return math.MaxInt64
	}
	return most + int64(more)
}
