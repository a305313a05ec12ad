// SPDX-License-Identifier: Apache-2.0

package services

// Problem is one remark of the model about a value. Config turns it into a
// Diagnostic.
type Problem struct {
	Attr    AttrID
	HasAttr bool   // false: it stands against the service as a whole
	Origin  Origin // of the value; zero: the service's own place
	Warning bool   // else an error, which costs the service
	Message string
}

// Validate returns what is wrong with a service as a whole, its values being of
// their kinds already. It does not change the service.
func Validate(s *Service) []Problem { return nil }
