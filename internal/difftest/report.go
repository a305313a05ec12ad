// SPDX-License-Identifier: Apache-2.0

package difftest

import (
	"fmt"
	"slices"
	"strings"
)

// Report is what the probe told: key to value. Words of the environment are
// "env NAME", and "env NAME (2)" if a name comes twice.
type Report map[string]string

// first and last are the keys that begin and end every report.
const (
	first = "uid="
	last  = "end=1\n"
)

// ParseReport splits what a client got into a banner and the probe's report,
// which is nil if there is none.
func ParseReport(data string) (banner string, r Report, err error) {
	start := strings.Index(data, first)
	if start < 0 {
		return data, nil, nil
	}
	banner, data = data[:start], data[start:]
	if !strings.HasSuffix(data, last) {
		return banner, nil, fmt.Errorf("the report is cut off: %q", data[max(0, len(data)-60):])
	}
	r = Report{}
	for line := range strings.Lines(data) {
		key, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		if !ok {
			return banner, nil, fmt.Errorf("line %q of the report has no value", line)
		}
		if key == "env" {
			key, value, _ = strings.Cut(value, "=")
			key = r.free("env " + key)
		}
		if _, twice := r[key]; twice {
			return banner, nil, fmt.Errorf("the report has %q twice", key)
		}
		r[key] = value
	}
	return banner, r, nil
}

// free is key, or key (2) and so on if there is one.
func (r Report) free(key string) string {
	name := key
	for n := 2; ; n++ {
		if _, taken := r[name]; !taken {
			return name
		}
		name = fmt.Sprintf("%s (%d)", key, n)
	}
}

// byName has the descriptors that LISTEN_FDNAMES names under their names, those of one
// name in their order: between units systemd says none (sd_listen_fds(3)).
func (r Report) byName() Report {
	if r == nil {
		return nil
	}
	out := Report{}
	names := strings.Split(r["env LISTEN_FDNAMES"], ":")
	count := map[string]int{}
	known := map[string]string{}
	for i, name := range names {
		known[fmt.Sprint("fd", 3+i)] = fmt.Sprintf("fd %s %d", name, count[name])
		count[name]++
	}
	for key, value := range r {
		fd, what, _ := strings.Cut(key, ".")
		if name, ok := known[fd]; ok {
			key = strings.TrimSuffix(name+"."+what, ".")
		}
		out[key] = value
	}
	slices.Sort(names)
	out["env LISTEN_FDNAMES"] = strings.Join(names, ":")
	return out
}

// keys are the sorted keys of both.
func keys(a, b Report) []string {
	var list []string
	for k := range a {
		list = append(list, k)
	}
	for k := range b {
		if _, both := a[k]; !both {
			list = append(list, k)
		}
	}
	slices.Sort(list)
	return list
}
