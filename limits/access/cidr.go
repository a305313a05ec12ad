// SPDX-License-Identifier: Apache-2.0

package access

import "errors"

// ParseCIDR reads one entry of cidr_allow or cidr_deny.
func ParseCIDR(s string) ([]Rule, error) {
	return nil, errors.New("to come")
}
