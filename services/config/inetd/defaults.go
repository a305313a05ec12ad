// SPDX-License-Identifier: Apache-2.0

package inetd

import (
	"superd/services"
	"superd/services/config"
)

// removed are the variables that openbsd-inetd keeps from its programs; a "*" at the
// end stands for whatever follows.
var removed = []string{"CVS*", "DISPLAY", "EDITOR", "GROUP", "HOME", "IFS", "LD_*", "LOGNAME", "MAIL", "PATH", "PRINTER", "PWD",
	"SHELL", "SHLVL", "SSH*", "TERM*", "TMP*", "USER", "VISUAL"}

// formatDefaults are what the dialect's inetd assumes where superd assumes otherwise.
func (r *run) formatDefaults() []services.Setting {
	h := r.dialect.habits()
	if r.options.Rate > 0 {
		h.rate = r.options.Rate
	}
	pass := []string{"*"}
	if r.dialect == OpenBSD {
		for _, name := range removed {
			pass = append(pass, "!"+name)
		}
	}
	list := []services.Setting{
		{Attr: services.Groups, Value: true},
		{Attr: services.PassEnv, Value: pass},
		{Attr: services.Stderr, Value: "client"},
		{Attr: services.MaxServers, Value: services.Unlimited},
		{Attr: services.PerSourcePrefix, Value: []int64{32, 128}},
		{Attr: services.StartsPerMinute, Value: h.rate},
	}
	if h.mode != "" {
		list = append(list, services.Setting{Attr: services.SocketMode, Value: h.mode})
	}
	if r.dialect != OpenBSD { // which sets 022
		list = append(list, services.Setting{Attr: services.Umask, Value: config.InheritedUmask(r.host)})
	}
	for i := range list {
		list[i].Origin = services.Origin{File: services.FromFormatDefault}
	}
	return list
}
