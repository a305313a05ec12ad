// SPDX-License-Identifier: Apache-2.0

package access

import (
	"fmt"
	"math/bits"
	"net/netip"
)

// MaskError is of a word with a mask behind the slash, as "10.1.2.3/255.255.0.0".
// xinetd reads the mask's first octet as a number of bits, and so takes the host
// alone where that is above 32.
type MaskError struct {
	Word    string
	Host    Rule
	Network Rule // the network that is evidently meant; a zero Prefix if the mask is none
}

func (e *MaskError) Error() string {
	return fmt.Sprintf("%q: xinetd takes a number of bits after the slash, and of a mask nothing but the host remains: write ADDRESS/BITS", clip(e.Word))
}

// parseMask reads what stands behind the slash if it has a dot.
func parseMask(word string, addr netip.Addr, mask string) error {
	m, err := netip.ParseAddr(mask)
	if err != nil || !m.Is4() || !addr.Is4() {
		return fmt.Errorf("%q: want a number of bits after the slash", clip(word))
	}
	e := &MaskError{Word: word, Host: one(addr, 32, "")[0]}
	b := m.As4()
	if n := uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3]); bits.LeadingZeros32(^n)+bits.TrailingZeros32(n) == 32 {
		e.Network = one(addr, bits.LeadingZeros32(^n), "")[0]
	}
	if b[0] <= 32 {
		e.Host = Rule{} // xinetd takes that for a number of bits, which nobody means
	}
	return e
}
