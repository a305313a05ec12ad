// SPDX-License-Identifier: Apache-2.0

package control

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
)

func contains(list []string, word string) bool { return slices.Contains(list, word) }

// decodeStrict takes one JSON value that has no field unknown to v.
func decodeStrict(line []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if d.More() {
		return errors.New("more than one value in the line")
	}
	return nil
}

// answerLine is an answer as it is sent.
func answerLine(result any, problem *Error) []byte {
	a := Answer{Version: Version, Error: problem}
	if problem == nil {
		raw, ok := result.(json.RawMessage)
		if !ok {
			data, err := json.Marshal(result)
			if err != nil {
				return answerLine(nil, Errorf(Failed, "cannot word the answer: %v", err))
			}
			raw = data
		}
		// Not by json.Marshal, which would look through all of a large document again.
		line := make([]byte, 0, len(raw)+32)
		line = append(line, `{"v":1,"result":`...)
		line = append(line, raw...)
		return append(line, "}\n"...)
	}
	data, err := json.Marshal(a)
	if err != nil {
		data = []byte(`{"v":1,"error":{"code":"failed","message":"cannot word the answer"}}`)
	}
	return append(data, '\n')
}
