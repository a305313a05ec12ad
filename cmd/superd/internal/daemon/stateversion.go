// SPDX-License-Identifier: Apache-2.0

//go:build !superd_next

package daemon

const upgradeVersion = 1
