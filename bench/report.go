// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"golang.org/x/sys/unix"
)

// report writes to standard output and to report.txt; raw numbers go to raw.tsv.
type report struct {
	dir   string
	text  io.Writer
	files []*os.File
	rows  *os.File
	notes []string
	err   error // the first write that failed
}

func newReport(dir string) (*report, error) {
	r := &report{dir: dir}
	for _, name := range []string{"report.txt", "raw.tsv"} {
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			return nil, fmt.Errorf("cannot make the report: %v", err)
		}
		r.files = append(r.files, f)
	}
	r.text, r.rows = io.MultiWriter(os.Stdout, r.files[0]), r.files[1]
	fmt.Fprintln(r.rows, "server\twhat\tload\tround\tconnections\tcpu_us\tper_s\tp50_us\tp99_us\tfailures")
	return r, nil
}

func (r *report) close() {
	for _, f := range r.files {
		f.Close()
	}
}

func (r *report) printf(format string, args ...any) {
	if _, err := fmt.Fprintf(r.text, format, args...); err != nil && r.err == nil {
		r.err = err
	}
}

func (r *report) title(s string) { r.printf("\n## %s\n", s) }

// note keeps what a reader has to know, for the end; each once.
func (r *report) note(format string, args ...any) {
	if s := fmt.Sprintf(format, args...); !slices.Contains(r.notes, s) {
		r.notes = append(r.notes, s)
	}
}

func (r *report) raw(peer, what, load string, round, count int, s sample) {
	_, err := fmt.Fprintf(r.rows, "%s\t%s\t%s\t%d\t%d\t%.2f\t%.1f\t%.1f\t%.1f\t%d\n",
		peer, what, load, round+1, count, s.cpu, s.perSec, s.p50, s.p99, s.failures)
	if err != nil && r.err == nil {
		r.err = err
	}
}

// table prints rows of cells, the first column to the left.
func (r *report) table(head string, rows [][]string) {
	w := tabwriter.NewWriter(r.text, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "%s\t\n", strings.ReplaceAll(head, "|", "\t"))
	for _, row := range rows {
		fmt.Fprintf(w, "%s\t\n", strings.Join(row, "\t"))
	}
	if err := w.Flush(); err != nil && r.err == nil {
		r.err = err
	}
}

// machine says where the numbers come from, and warns if it is not at rest.
func (r *report) machine(b *bench) {
	var u unix.Utsname
	_ = unix.Uname(&u)
	r.printf("superd's comparison, %s\n", time.Now().Format("2006-01-02 15:04"))
	r.printf("kernel %s, %s, %d processors, %s\n", unix.ByteSliceToString(u.Release[:]), cpuModel(), runtime.NumCPU(), runtime.Version())
	if v, err := exec.Command(b.superd, "version").Output(); err == nil {
		r.printf("superd: %s\n", strings.TrimSpace(string(v)))
	}
	r.printf("CPU time: %s; medians of %d round(s); ratios are medians of the rounds' ratios; descriptors: %d\n", b.how, b.rounds, b.files)
	if busy := busyShare(time.Second); busy > 0.1 {
		r.printf("WARNING: the machine was %.0f%% busy before anything was started; the numbers will not be worth much\n", 100*busy)
	}
}

func cpuModel() string {
	text, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(text)) {
		if k, v, _ := strings.Cut(line, ":"); strings.TrimSpace(k) == "model name" {
			return strings.TrimSpace(v)
		}
	}
	return runtime.GOARCH
}

// busyShare is the share of all processors that was in use for a while.
func busyShare(d time.Duration) float64 {
	read := func() (busy, all float64) {
		text, _ := os.ReadFile("/proc/stat")
		var v [8]float64
		_, _ = fmt.Sscanf(string(text), "cpu %f %f %f %f %f %f %f %f", &v[0], &v[1], &v[2], &v[3], &v[4], &v[5], &v[6], &v[7])
		for i, n := range v {
			all += n
			if i != 3 && i != 4 { // idle, iowait
				busy += n
			}
		}
		return busy, all
	}
	b0, a0 := read()
	time.Sleep(d)
	b1, a1 := read()
	return (b1 - b0) / max(a1-a0, 1)
}

// leftOut ends the report.
func (r *report) leftOut(missing []string) {
	if len(r.notes) > 0 {
		r.title("Notes")
		for _, n := range r.notes {
			r.printf("- %s\n", n)
		}
	}
	if len(missing) > 0 {
		r.title("Not run")
		for _, m := range missing {
			r.printf("- %s\n", m)
		}
	}
	r.printf("\nRaw rows: %s\n", r.rows.Name())
}
