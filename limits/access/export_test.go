// SPDX-License-Identifier: Apache-2.0

package access

// Tries tells how many of the lists have become tries.
func (r *Rules) Tries() (n int) {
	for _, l := range []*list{r.onlyFrom, r.noAccess, r.cidrAllow, r.cidrDeny} {
		if l != nil && l.trie != nil {
			n++
		}
	}
	return n
}

// SharesMatcher tells whether two Rules share their lists.
func (r *Rules) SharesMatcher(o *Rules) bool { return r.matcher == o.matcher }
