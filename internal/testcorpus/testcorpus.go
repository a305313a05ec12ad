// SPDX-License-Identifier: Apache-2.0

// Package testcorpus gives tests the files from the field. They are no part of the
// project: the variable SUPERD_CORPUS names their folder.
//
// Owns: where they lie, and what is filled in where a build would fill in something.
// Does not know: what they mean. Concurrency: functions alone. Errors: only the tests'
// own.
package testcorpus

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"superd/internal/testneed"
)

// File is one configuration file: its name without folder and ".conf", and its text.
type File struct{ Name, Text string }

// Folder is the place of a kind of files: "xinetd", "inetd" or "socket". Without a
// corpus the test is skipped, or fails where nothing may be missing.
func Folder(t testing.TB, kind string) string {
	t.Helper()
	dir := os.Getenv("SUPERD_CORPUS")
	if dir == "" {
		testneed.Missing(t, "SUPERD_CORPUS does not name the corpus of configuration files")
	}
	return filepath.Join(dir, kind)
}

// Configs are the files of a kind, "xinetd" or "inetd".
func Configs(t testing.TB, kind string) []File {
	t.Helper()
	var files []File
	for _, name := range glob(t, filepath.Join(Folder(t, kind), "*.conf")) {
		files = append(files, File{strings.TrimSuffix(filepath.Base(name), ".conf"), read(t, name)})
	}
	return files
}

var (
	filled = strings.NewReplacer("@UDA_SERVER_PORT@", "7001", "@BASE_BINDIR@", "/bin", "@WESTON_USER_HOME@", "/home/weston",
		"@USER@", "uda", "@WESTON_USER@", "weston", "@TIMEOUTSTARTSEC@", "")
	placeholder = regexp.MustCompile(`@\w+@/?`)
)

// UnitPairs are the units of systemd that lie together, as PAIR → FILE → text. What
// a build would fill in is filled in.
func UnitPairs(t testing.TB) map[string]map[string]string {
	t.Helper()
	pairs := map[string]map[string]string{}
	for _, name := range glob(t, filepath.Join(Folder(t, "socket"), "*", "*")) {
		pair := filepath.Base(filepath.Dir(name))
		if pairs[pair] == nil {
			pairs[pair] = map[string]string{}
		}
		pairs[pair][strings.TrimSuffix(filepath.Base(name), ".in")] = placeholder.ReplaceAllString(filled.Replace(read(t, name)), "/usr/sbin/")
	}
	return pairs
}

// glob finds at least one file.
func glob(t testing.TB, pattern string) []string {
	t.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil || len(names) == 0 {
		t.Fatalf("no files %s", pattern)
	}
	return names
}

func read(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
