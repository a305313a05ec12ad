// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// family is a process and all that descend from it, as they stand now. Those whose
// parent has ended belong to process 1, and are not found.
func family(pid int) []int {
	children := map[int][]int{}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, name := range stats {
		text, err := os.ReadFile(name)
		if err != nil { // it has ended
			continue
		}
		var parent int
		var state string
		rest := string(text[bytes.LastIndexByte(text, ')')+1:])
		child, _ := strconv.Atoi(filepath.Base(filepath.Dir(name)))
		if _, err := fmt.Sscan(rest, &state, &parent); err == nil {
			children[parent] = append(children[parent], child)
		}
	}
	all := []int{pid}
	for i := 0; i < len(all); i++ {
		all = append(all, children[all[i]]...)
	}
	return all
}

// processesOf counts a server's processes that belong to a user.
func processesOf(pid int, uid string) int {
	n := 0
	for _, p := range family(pid) {
		fi, err := os.Stat(fmt.Sprintf("/proc/%d", p))
		if err != nil {
			continue
		}
		if st, ok := fi.Sys().(*syscall.Stat_t); ok && strconv.Itoa(int(st.Uid)) == uid {
			n++
		}
	}
	return n
}
