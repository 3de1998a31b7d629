package openapi

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// readJSON reads a file that is JSON: YAML knows all of it but some of its escapes.
func readJSON(text []byte) (*tree, bool, error) {
	if !json.Valid(text) { // bounds the depth, too
		return nil, false, nil
	}
	d := jsonReader{text: text, decoder: json.NewDecoder(bytes.NewReader(text)), line: 1}
	d.decoder.UseNumber()
	t, err := d.value(rootKeys())
	return &t, true, err
}

type jsonReader struct {
	text    []byte
	decoder *json.Decoder
	// line is that of the byte counted.
	line, counted int
}

// here is the line of what was read last.
func (d *jsonReader) here() int {
	to := int(d.decoder.InputOffset())
	d.line += bytes.Count(d.text[d.counted:to], []byte("\n"))
	d.counted = to
	return d.line
}

func (d *jsonReader) value(want wanted) (t tree, err error) {
	token, err := d.decoder.Token()
	if err != nil {
		return t, err
	}
	t.line = d.here()
	switch token {
	case json.Delim('{'):
		if err = d.members(&t, want); err == nil {
			err = t.unique()
		}
	case json.Delim('['):
		err = d.items(&t, want)
	default:
		t.scalar, t.text = true, fmt.Sprint(token)
		return t, nil
	}
	if err == nil {
		_, err = d.decoder.Token() // the closing bracket
	}
	return t, err
}

func (d *jsonReader) items(t *tree, want wanted) error {
	below, ok := want[list]
	for d.decoder.More() {
		if !ok {
			if err := d.decoder.Decode(&json.RawMessage{}); err != nil {
				return err
			}
			continue
		}
		item, err := d.value(below)
		if err != nil {
			return err
		}
		t.items = append(t.items, item)
	}
	return nil
}

func (d *jsonReader) members(t *tree, want wanted) error {
	for d.decoder.More() {
		token, err := d.decoder.Token()
		if err != nil {
			return err
		}
		m := member{key: fmt.Sprint(token)}
		line := d.here()
		if below, ok := want.of(m.key); ok {
			m.value, err = d.value(below)
		} else {
			err = d.decoder.Decode(&json.RawMessage{})
		}
		if err != nil {
			return err
		}
		m.value.line = line
		t.members = append(t.members, m)
	}
	return nil
}
