// SPDX-License-Identifier: Apache-2.0

package netserver

import (
	"slices"
	"strings"

	"superd/services"
)

// key is one of Net::Server's.
type key struct {
	// list keys may be repeated, and all their values count; of others the last does.
	list bool
	// flag keys have a value of 1 where none is written.
	flag bool
	// as is the attribute that says the same; "" where none does.
	as string
	// take translates what was said: one pair, or for lists at least one.
	take func(t *translation, said []pair)
}

func (k *key) group(name string) string {
	if k.as != "" {
		return k.as
	}
	return name
}

// keys are all that Net::Server's personalities, protocols and logs know, and exec,
// which is superd's own.
var keys = assemble()

// keyNames are the names of keys, sorted.
var keyNames = sortedNames()

// Groups of keys that are taken alike.
var (
	plainKeys = map[string]services.AttrID{
		"user": services.User, "group": services.Group, "chroot": services.Chroot, "listen": services.Listen,
		"max_servers": services.MaxServers, "min_servers": services.MinServers, "min_spare_servers": services.MinSpareServers,
		"max_spare_servers": services.MaxSpareServers, "check_for_waiting": services.CheckForWaiting,
		"check_for_spawn": services.CheckForSpawn, "check_for_dead": services.CheckForDead, "min_child_ttl": services.MinChildTTL,
	}
	// silentKeys ask for what superd does anyway, or has no use for, and nobody loses
	// anything.
	silentKeys = []string{"ipv6_package", "no_close_by_child", "leave_children_open_on_hup", "serialize", "lock_file", "spare_servers"}
	// programKeys are about what a Perl program does with a connection that it has.
	programKeys = []string{"tie_client_stdout", "tied_stdin_callback", "tied_stdout_callback", "udp_recv_len", "udp_recv_flags"}
	httpKeys    = []string{"timeout_header", "timeout_idle", "server_revision", "max_header_size", "access_log_file", "access_log_format",
		"access_log_function", "default_content_type", "allow_body_on_all_statuses", "enable_dispatch", "app"}
	tlsKeys = []string{"SSL_use_cert", "SSL_verify_mode", "SSL_key_file", "SSL_cert_file", "SSL_ca_path", "SSL_ca_file", "SSL_cipher_list",
		"SSL_passwd_cb", "SSL_max_getline_length", "SSL_error_callback", "SSL_verify_callback", "SSL_version"}
	// notOffered are those that are lost, with the reason.
	notOffered = map[string]string{
		"log_function":        "it is a function of a Perl program's: superd's log goes where log_file says",
		"child_communication": "superd reads nothing that its programs write",
		"unix_path":           "it never had an effect: the path stands in port",
		"conf_file":           "a file cannot name another one",
		"log4perl_conf":       "superd has no Log4perl",
		"log4perl_poll":       "superd has no Log4perl",
		"log4perl_logger":     "superd has no Log4perl",
	}
)

func assemble() map[string]*key {
	all := map[string]*key{
		"port":                   {list: true, take: (*translation).takePorts},
		"host":                   {list: true, take: takeNothing}, // with port
		"proto":                  {list: true, take: takeNothing},
		"ipv":                    {list: true, take: takeNothing},
		"unix_type":              {take: takeNothing},
		"allow":                  {list: true, take: takeAllow},
		"deny":                   {list: true, take: takeDeny},
		"cidr_allow":             {list: true, take: takeList(services.CIDRAllow)},
		"cidr_deny":              {list: true, take: takeList(services.CIDRDeny)},
		"sig_passthrough":        {list: true, take: takeSignals},
		"server_type":            {list: true, as: "mode", take: takeServerType},
		"exec":                   {take: takeExec},
		"program":                {as: "exec", take: takeExec},
		"background":             {flag: true, take: takeBackground},
		"setsid":                 {flag: true, take: takeBackground},
		"reverse_lookups":        {flag: true, take: takeLookups},
		"double_reverse_lookups": {flag: true, take: takeLookups},
		"no_client_stdout":       {flag: true, as: "stdio", take: takeNoStdout},
		"udp_broadcast":          {flag: true, as: "broadcast", take: takeBroadcast},
		"max_requests":           {take: takeMaxRequests},
		"max_dequeue":            {take: takeDequeue(services.MaxDequeue)},
		"check_for_dequeue":      {take: takeDequeue(services.CheckForDequeue)},
		"log_level":              {take: takeLogLevel},
		"log_file":               {take: takeLogFile},
		"pid_file":               {take: takePidFile},
		"syslog_logsock":         {take: takeLogsock},
		"syslog_ident":           {take: takeSyslog(services.SyslogIdent)},
		"syslog_logopt":          {take: takeLogopt},
		"syslog_facility":        {take: takeSyslog(services.SyslogFacility)},
	}
	for name, attr := range plainKeys {
		all[name] = &key{take: takePlain(attr)}
	}
	for _, name := range silentKeys {
		all[name] = &key{flag: name[:2] == "no" || name[:2] == "le", take: takeNothing}
	}
	for _, name := range programKeys {
		all[name] = &key{flag: name == "tie_client_stdout", take: takeProgramKey}
	}
	for _, name := range httpKeys {
		all[name] = &key{list: name == "app", take: takeHTTP}
	}
	for _, name := range tlsKeys {
		all[name] = &key{take: takeTLS}
	}
	for name, why := range notOffered {
		all[name] = &key{flag: name == "child_communication", take: takeNotOffered(why)}
	}
	return all
}

func sortedNames() []string {
	var names []string
	for name := range keys {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// ownPrefix is how a file names an attribute of superd's that Net::Server has no key
// for. Net::Server passes over such a line.
const ownPrefix = "superd_"

// resolveLine finds what a key of a file is: one of Net::Server's, or an attribute.
// The name of an attribute that there is not is "".
func resolveLine(word string) (name string, native bool) {
	if keys[word] != nil {
		return word, false
	}
	if attr, ok := strings.CutPrefix(word, ownPrefix); ok {
		if keys[attr] != nil && attr != services.Setsid.String() { // of which Net::Server means something else
			return attr, false
		}
		if _, ok := attribute(attr); ok {
			return attr, true
		}
		return "", true
	}
	return "", false
}

// attribute finds one of a service, or else of [daemon].
func attribute(name string) (services.AttrID, bool) {
	attr, ok := services.LookupIn(services.InService, name)
	if !ok {
		attr, ok = services.LookupIn(services.InDaemon, name)
	}
	return attr, ok && attr != services.Include
}
