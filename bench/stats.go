// SPDX-License-Identifier: Apache-2.0

package main

import "slices"

// median is the middle of values, the mean of the two middle ones if their
// number is even, and 0 if there are none.
func median(values []float64) float64 {
	v := slices.Sorted(slices.Values(values))
	n := len(v)
	if n == 0 {
		return 0
	}
	return (v[(n-1)/2] + v[n/2]) / 2
}

// ratios divides pair by pair, as far as both reach. Rounds are interleaved, so
// what slows the machine down for a while slows both of a pair.
func ratios(over, under []float64) []float64 {
	var r []float64
	for i := range min(len(over), len(under)) {
		if under[i] > 0 {
			r = append(r, over[i]/under[i])
		}
	}
	return r
}

// column takes one number out of each sample.
func column(samples []sample, of func(sample) float64) []float64 {
	c := make([]float64, len(samples))
	for i, s := range samples {
		c[i] = of(s)
	}
	return c
}

func cpuOf(s sample) float64      { return s.cpu }
func perSecOf(s sample) float64   { return s.perSec }
func p50Of(s sample) float64      { return s.p50 }
func answer50Of(s sample) float64 { return s.answer50 }
func p99Of(s sample) float64      { return s.p99 }
