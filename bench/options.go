// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
)

// options are what bench/run was told, as BENCH_NAME in the environment.
type options struct {
	quick  bool
	part   string   // "", "connections", "pools" or "scale"
	only   []string // names of peers; empty means all
	rounds int
	superd string
	out    string // folder of the report
}

func optionsFromEnv() (options, error) {
	o := options{rounds: 5, superd: "bench/out/bin/superd", out: "bench/out", part: os.Getenv("BENCH_PART")}
	if !slices.Contains([]string{"", "connections", "pools", "scale"}, o.part) {
		return o, fmt.Errorf("cannot take PART=%q: connections, pools or scale", o.part)
	}
	o.quick = !slices.Contains([]string{"", "0"}, os.Getenv("BENCH_QUICK"))
	if o.quick {
		o.rounds = 3
	}
	if s := os.Getenv("BENCH_PEERS"); s != "" {
		o.only = strings.Split(s, ",")
	}
	if s := os.Getenv("BENCH_SUPERD"); s != "" {
		o.superd = s
	}
	if s := os.Getenv("BENCH_OUT"); s != "" {
		o.out = s
	}
	if s := os.Getenv("BENCH_ROUNDS"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 {
			return o, fmt.Errorf("cannot take ROUNDS=%q: a number from 1 on", s)
		}
		o.rounds = n
	}
	return o, nil
}

// does tells whether a part is among those asked for.
func (o options) does(part string) bool { return o.part == "" || o.part == part }

// wants tells whether a peer is among those asked for.
func (o options) wants(name string) bool {
	return len(o.only) == 0 || slices.Contains(o.only, name)
}
