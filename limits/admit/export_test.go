// SPDX-License-Identifier: Apache-2.0

package admit

// RecentSources tells how many sources of this minute are remembered.
func (g *Gate) RecentSources() int { return len(g.recent.by) }

// Sources tells how many sources have handlers.
func (g *Gate) Sources() int { return len(g.sources.n) }
