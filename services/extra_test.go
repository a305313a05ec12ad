// SPDX-License-Identifier: Apache-2.0

package services

import (
	"reflect"
	"strings"
	"testing"
)

func TestExtra(t *testing.T) {
	row := Extra.Row()
	for text, want := range map[string]string{
		"my_option 1":                           "",
		"my-option  two  words ":                "",
		"k a=b, c\t\xff\u009b":                  "",
		"":                                      "want KEY VALUE",
		"my_option":                             "want KEY VALUE",
		"my_option ":                            "want KEY VALUE",
		" value":                                "is no key",
		"my.option 1":                           "is no key",
		"k a\nb":                                "line feed or NUL",
		"k a\x00":                               "line feed or NUL",
		"k " + strings.Repeat("x", maxExtra):    "want 65536 at most",
		"k " + strings.Repeat("x", maxExtra-10): "",
	} {
		v, err := row.Parse(text)
		if want == "" && (err != nil || !reflect.DeepEqual(v, []string{text})) {
			t.Errorf("%.20q: %v, %v", text, v, err)
		}
		if want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%.20q: %v, want %q", text, err, want)
		}
	}
	if v, err := row.FromTOML([]any{"a 1", "a 2"}); err != nil || !reflect.DeepEqual(v, []string{"a 1", "a 2"}) {
		t.Errorf("%v, %v", v, err)
	}
}
