package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
)

// A node is a JSON value that keeps the order of its members: an object, a list, or a
// scalar.
type node any

type (
	object []member
	list   []node
	scalar string
)

type member struct {
	name  string
	value node
}

// at returns the place of a member, or -1.
func (o object) at(name string) int {
	return slices.IndexFunc(o, func(m member) bool { return m.name == name })
}

// get returns a member's value, or nil.
func (o object) get(name string) node {
	if i := o.at(name); i >= 0 {
		return o[i].value
	}
	return nil
}

// with returns o with the member. It replaces a member of the same name.
func (o object) with(m member) object {
	if i := o.at(m.name); i >= 0 {
		o[i] = m
		return o
	}
	return append(o, m)
}

// parse reads one JSON value.
func parse(text []byte) (node, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	return value(d)
}

func value(d *json.Decoder) (node, error) {
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch token {
	case json.Delim('{'):
		return members(d)
	case json.Delim('['):
		return items(d)
	}
	return written(token)
}

func members(d *json.Decoder) (node, error) {
	o := object{}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, err
		}
		v, err := value(d)
		if err != nil {
			return nil, fmt.Errorf("%v: %w", name, err)
		}
		if o.at(name.(string)) >= 0 {
			return nil, fmt.Errorf("%v comes twice", name)
		}
		o = append(o, member{name.(string), v})
	}
	_, err := d.Token()
	return o, err
}

func items(d *json.Decoder) (node, error) {
	l := list{}
	for d.More() {
		v, err := value(d)
		if err != nil {
			return nil, err
		}
		l = append(l, v)
	}
	_, err := d.Token()
	return l, err
}

// treeOf returns the JSON of a Go value as a tree.
func treeOf(v any) node {
	text, err := written(v)
	if err != nil {
		panic(err) // a mistake in this program
	}
	tree, err := parse([]byte(text))
	if err != nil {
		panic(err)
	}
	return tree
}

// written returns v as JSON without unnecessary escapes.
func written(v any) (scalar, error) {
	var b bytes.Buffer
	encode := json.NewEncoder(&b)
	encode.SetEscapeHTML(false)
	err := encode.Encode(v)
	return scalar(bytes.TrimSpace(b.Bytes())), err
}

// unquoted returns the text of a JSON string, or "" for any other value.
func unquoted(n node) (s string) {
	if text, ok := n.(scalar); ok {
		_ = json.Unmarshal([]byte(text), &s)
	}
	return s
}
