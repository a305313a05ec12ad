// SPDX-License-Identifier: Apache-2.0

package services

// Where the attributes of a service may stand.
const (
	perService = InService | InDefaults
	perSocket  = InService | InDefaults | InSocket
)

var identityRows = []Attribute{
	{
		ID: Name, Name: "name", Kind: KindText,
		Scope: InService, Reload: Retune,
		Xinetd: "service", Inetd: "field 1",
		Doc: "The service's name, for logs and for /etc/services. It need not be unique; without it the id is the name.",
	},
	{
		ID: Disable, Name: "disable", Kind: KindBool, Default: false,
		Scope:  InService, // that a service is there or not is told by the set, not by a diff of two values
		Xinetd: "disable",
		Doc:    "true keeps the service written down and switched off.",
	},
	{
		ID: Description, Name: "description", Kind: KindText,
		Scope: InService,
		Doc:   "A line for people; show prints it.",
	},
	{
		ID: Compat, Name: "compat", Kind: KindWord, Words: []string{"xinetd", "inetd", "systemd"},
		Scope: perService, Reload: Retune,
		Doc: "Whose habits the service has where no attribute tells: the environment and the limit on descriptors that its program starts with, the severity " +
			"of remarks, whether a client from port 20 is refused, as at inetd's, and whether a reload that removes an inetd's service leaves its programs alone. Files of xinetd, inetd and systemd say it of themselves.",
	},
}
