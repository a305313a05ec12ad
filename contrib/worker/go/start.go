// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// What a worker finds when it starts.
const (
	channelFD = 3
	envWorker = "SUPERD_WORKER"
	envConf   = "SUPERD_CONF"

	// version is the one version of the protocol that this package speaks.
	version = 1
)

// Dequeue tells whether superd has started the program for its periodic work
// (the service's check_for_dequeue) and not as a worker. It then does that work
// and exits, and does not call Run.
func Dequeue() bool { return os.Getenv(envWorker) == "dequeue" }

// offeredVersion reads SUPERD_WORKER.
func offeredVersion(value string) (int64, error) {
	if value == "dequeue" {
		return 0, errors.New("superd has started this program for its periodic work, of which it has none: the service should have no dequeue")
	}
	n, err := parseDecimal(value)
	if err == nil && n >= 1 {
		return n, nil
	}
	found := "SUPERD_WORKER is not set"
	if value != "" {
		found = fmt.Sprintf("SUPERD_WORKER is %q", value)
	}
	return 0, fmt.Errorf("this program is started by superd with worker = \"pass\"; %s. Try: superd serve --port 7777 --mode prefork --worker pass -- %s",
		found, os.Args[0])
}

// parseDecimal reads an integer that is digits alone.
func parseDecimal(text string) (int64, error) {
	if strings.Trim(text, "0123456789") != "" {
		return 0, fmt.Errorf("%q is not a decimal number", text)
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is not a decimal number up to 2^63-1", text)
	}
	return n, nil
}

// Setting is one line of the configuration that belongs to the program.
type Setting struct{ Key, Value string }

// Settings are such lines in their order; a key may be there several times.
type Settings []Setting

// Config gives the settings that superd found in the service's configuration
// and does not know itself. It can be called before Run.
func Config() Settings {
	var all Settings
	for line := range strings.SplitSeq(os.Getenv(envConf), "\n") {
		if key, value, _ := strings.Cut(line, " "); key != "" {
			all = append(all, Setting{key, value})
		}
	}
	return all
}

// Get gives the value of a key, of its last line if there are several, and
// whether there is one.
func (s Settings) Get(key string) (value string, ok bool) {
	for _, x := range s {
		if x.Key == key {
			value, ok = x.Value, true
		}
	}
	return value, ok
}

// All gives the values of all of a key's lines.
func (s Settings) All(key string) []string {
	var values []string
	for _, x := range s {
		if x.Key == key {
			values = append(values, x.Value)
		}
	}
	return values
}
