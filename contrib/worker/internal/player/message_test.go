// SPDX-License-Identifier: Apache-2.0

package player

import (
	"fmt"
	"strings"
	"testing"
)

func TestParseAnswer(t *testing.T) {
	for text, want := range map[string]Answer{
		"ready\n":                         {Verb: "ready"},
		"ready\nversion=3\nfuture=1\n":    {Verb: "ready", Version: 3},
		"taken 17\n":                      {Verb: "taken", ID: 17},
		"done 9223372036854775807\na=b\n": {Verb: "done", ID: 1<<63 - 1},
	} {
		if got, err := parseAnswer(text); err != nil || got != want {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{
		"", "\n", "ready", "ready \n", "ready 1\n", "Ready\n", "taken\n", "taken \n", "taken 0\n", "taken 01\n", "taken -1\n", "taken +1\n",
		"taken  1\n", "taken 1 \n", "taken 1", "done 9223372036854775808\n", "done 1\nkey", "done 1.0\n", "busy 1\n",
		"done 1\n" + strings.Repeat("k=v\n", 63),
	} {
		if got, err := parseAnswer(text); err == nil {
			t.Errorf("%q is %+v", text, got)
		}
	}
}

// FuzzParseAnswer: what is accepted is one of the protocol's lines as it stands.
func FuzzParseAnswer(f *testing.F) {
	for _, s := range []string{"ready\n", "ready\nversion=1\n", "taken 1\n", "done 9223372036854775807\n", "done 01\n", "taken 1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		a, err := parseAnswer(text)
		if err != nil {
			return
		}
		if first := fmt.Sprintf("%s\n", a); !strings.HasPrefix(text, first) || len(text) > largestFromWorker {
			t.Errorf("%q is %q", text, a)
		}
	})
}
