// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"superd/services/config"
	"superd/services/config/formats"
	"superd/services/config/systemdunit"
)

// sourceFlags are the -c of a verb that reads configuration.
type sourceFlags struct{ words, missing []string }

func (f *sourceFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringArrayVarP(&f.words, "config", "c", nil,
		"read `[FORMAT:]FILE`, a directory, or - for standard input; several add up")
	cmd.Flags().StringSliceVar(&f.missing, "allow-missing", nil,
		"run services of systemd's without these `OPTIONs` of their units, which are not built yet; commas part them")
}

// formats are all front-ends; that of systemd's units knows what it may pass over.
func (f *sourceFlags) formats() ([]config.Format, error) {
	list := formats.All()
	for _, name := range f.missing {
		switch missing, known := systemdunit.CanBeMissing(name); {
		case !known:
			return nil, usagef("--allow-missing %q: units have no such option", name)
		case !missing:
			return nil, usagef("--allow-missing %q: it is not missing", name)
		}
	}
	for i := range list {
		if list[i].Name == systemdunit.Format {
			list[i].FrontEnd = systemdunit.FrontEnd{AllowMissing: f.missing}
		}
	}
	return list, nil
}

// formatWords are the FORMAT of -c FORMAT:FILE.
var formatWords = map[string]string{
	"toml": "native", "native": "native", "xinetd": "xinetd", "inetd": "inetd", "netserver": "netserver", "systemd": "systemd",
}

// sources turns the -c into what config.Load reads.
func (f *sourceFlags) sources(inv *invocation, host *config.Host) ([]config.Source, error) {
	if len(f.words) == 0 {
		return []config.Source{{Path: defaultPath(host)}}, nil
	}
	var list []config.Source
	stdin := false
	for _, word := range f.words {
		src := parseSource(word)
		if src.Path == "" {
			return nil, usagef("-c %q names no file", word)
		}
		if src.Path == "-" {
			if stdin {
				return nil, usagef("-c - can be given once")
			}
			stdin = true
			data, err := io.ReadAll(inv.stdin)
			if err != nil {
				return nil, failf("cannot read standard input: %v", err)
			}
			src.Data = data
		}
		list = append(list, src)
	}
	return list, nil
}

// wantStdin tells whether standard input is among the files.
func (f *sourceFlags) wantStdin() bool {
	return slices.ContainsFunc(f.words, func(word string) bool { return parseSource(word).Path == "-" })
}

// parseSource splits FORMAT[/DIALECT]:FILE. What stands before a colon and is no
// format belongs to the file's name.
func parseSource(word string) config.Source {
	if before, path, ok := strings.Cut(word, ":"); ok {
		format, dialect, _ := strings.Cut(before, "/")
		if name, ok := formatWords[format]; ok {
			return config.Source{Format: name, Dialect: dialect, Path: path}
		}
	}
	return config.Source{Path: word}
}

// defaultPath is the file that is read without -c.
func defaultPath(host *config.Host) string {
	if host.Root {
		return "/etc/superd/superd.toml"
	}
	dir, _ := host.Getenv("XDG_CONFIG_HOME")
	if !filepath.IsAbs(dir) { // the specification: other values are to be ignored
		home, _ := host.Getenv("HOME")
		dir = filepath.Join(home, ".config")
	}
	return filepath.Join(dir, "superd", "superd.toml")
}

// load reads the configuration that the flags name.
func (f *sourceFlags) load(inv *invocation) (*config.Result, error) {
	host := inv.host()
	list, err := f.sources(inv, host)
	if err != nil {
		return nil, err
	}
	all, err := f.formats()
	if err != nil {
		return nil, err
	}
	return config.Load(host, all, list), nil
}

// printDiagnostics writes one line each.
func printDiagnostics(w io.Writer, diags []config.Diagnostic) {
	for _, d := range diags {
		_, _ = io.WriteString(w, d.String()+"\n")
	}
}
