// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"encoding/json"
	"io"

	"superd/services"
	"superd/services/config"
)

// The document of show --json. Attributes have native names and TOML's types.
type (
	jsonDocument struct {
		Services    []jsonService    `json:"services"`
		Diagnostics []jsonDiagnostic `json:"diagnostics"`
	}
	jsonService struct {
		ID         string            `json:"id"`
		Name       string            `json:"name"`
		Source     string            `json:"source"`
		State      string            `json:"state"`
		Mode       string            `json:"mode"`
		Reasons    []jsonReason      `json:"mode_reasons,omitempty"`
		Sockets    []jsonSocket      `json:"sockets"`
		Attributes map[string]any    `json:"attributes"`
		Origin     map[string]string `json:"origin"`
	}
	// jsonReason tells of a list of modes why one before "mode" was passed over.
	jsonReason struct {
		Mode   string `json:"mode"`
		Reason string `json:"reason"`
	}
	jsonSocket struct {
		Network string `json:"network"`
		Address string `json:"address"`
		V6Only  bool   `json:"v6only"`
		From    string `json:"from"`
	}
	jsonDiagnostic struct {
		File      string `json:"file"`
		Line      int    `json:"line"`
		Column    int    `json:"column"`
		Severity  string `json:"severity"`
		Service   string `json:"service"`
		Attribute string `json:"attribute"`
		Message   string `json:"message"`
	}
)

func writeJSON(w io.Writer, r *config.Result, list []*services.Service) error {
	doc := jsonDocument{Services: []jsonService{}, Diagnostics: []jsonDiagnostic{}}
	for _, s := range list {
		doc.Services = append(doc.Services, serviceJSON(r, s))
	}
	for _, d := range r.Diags {
		doc.Diagnostics = append(doc.Diagnostics, jsonDiagnostic{d.File, d.Line, d.Col, d.Severity.String(), d.Service, d.Attribute, d.Message})
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(doc)
}

func serviceJSON(r *config.Result, s *services.Service) jsonService {
	js := jsonService{ID: s.ID, Name: s.Name, Source: r.Origin(s.Format, s.Source), State: s.State.String(),
		Mode: s.Mode(), Sockets: []jsonSocket{}, Attributes: map[string]any{}, Origin: map[string]string{}}
	for _, k := range s.Sockets {
		js.Sockets = append(js.Sockets, jsonSocket{k.Network, k.Address, k.V6Only, k.From})
	}
	if s.Choice != nil {
		for _, p := range s.Choice.Passed {
			js.Reasons = append(js.Reasons, jsonReason{p.Mode, p.Reason})
		}
	}
	for _, x := range shown(s, true) {
		name := x.Attr.String()
		js.Attributes[name], js.Origin[name] = x.Value, r.Origin(s.Format, x.Origin)
	}
	return js
}

// shown lists the settings of a service, with those of superd's own defaults
// that mean something for it if all is asked for.
func shown(s *services.Service, all bool) []services.Setting {
	if !all {
		return s.Settings
	}
	var list []services.Setting
	mode := services.ModeOf(s.Mode())
	for i := range services.Table() {
		row := &services.Table()[i]
		v, origin, set := s.Get(row.ID)
		if set || (v != nil && row.Scope&services.InService != 0 && row.Modes.Has(mode)) {
			list = append(list, services.Setting{Attr: row.ID, Origin: origin, Value: v})
		}
	}
	return list
}
