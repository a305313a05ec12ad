// SPDX-License-Identifier: Apache-2.0

package access

import (
	"fmt"
	"regexp"
)

// Pattern is a regular expression of allow or deny: RE2, of which the whole
// address text must match.
type Pattern struct {
	Text  string
	Place Place
}

// Spec is what a service says about who may come in: xinetd's lists and
// Net::Server's. They are two rule sets, and a peer must pass both.
type Spec struct {
	OnlyFrom      []Rule
	OnlyFromSet   bool  // with OnlyFrom empty: nobody
	OnlyFromPlace Place // of the attribute, for a peer that no entry matches
	NoAccess      []Rule

	// IPv4Only is for a service all of whose sockets are IPv4's own. On others
	// xinetd sees IPv4 peers as mapped addresses, and so "only_from = ::/0" lets
	// them in; on these it lets nobody in.
	IPv4Only bool

	Allow, Deny         []Pattern
	CIDRAllow, CIDRDeny []Rule
	AllowPlace          Place // of allow, else cidr_allow, else the deny list that stands alone
}

func (s *Spec) xinetd() bool { return s.OnlyFromSet || len(s.OnlyFrom)+len(s.NoAccess) > 0 }

func (s *Spec) netServer() bool {
	return len(s.Allow)+len(s.Deny)+len(s.CIDRAllow)+len(s.CIDRDeny) > 0
}

// PatternError is of a Pattern that is no regular expression.
type PatternError struct {
	Pattern Pattern
	Err     error
}

func (e *PatternError) Error() string {
	return fmt.Sprintf("cannot read the pattern %q: %v", clip(e.Pattern.Text), e.Err)
}

// Unwrap gives the regexp package's error.
func (e *PatternError) Unwrap() error { return e.Err }

// CheckPattern tells whether Compile would take text as a Pattern.
func CheckPattern(text string) error {
	_, err := compilePattern(Pattern{Text: text})
	return err
}

// compilePattern compiles text alone first: "a)|(?:.*" would otherwise close the
// anchored group and match everything.
func compilePattern(p Pattern) (*regexp.Regexp, error) {
	if _, err := regexp.Compile(p.Text); err != nil {
		return nil, &PatternError{p, err}
	}
	re, err := regexp.Compile(`^(?:` + p.Text + `)$`)
	if err != nil {
		return nil, &PatternError{p, err}
	}
	return re, nil
}
