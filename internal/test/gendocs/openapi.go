package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// parts are the files that the API document is composed of, in its order.
var parts = []string{
	"about", "oauth", "discovery", "signin", "people", "account", "apps", "operators", "pages", "headers", "parameters", "responses",
	"schemas-people", "schemas-shared", "schemas-oauth", "schemas-apps", "schemas-operators", "schemas-pages",
}

// document composes the API document of the parts in a folder and of the
// fragments: those in its fragments.json, and those that the lists yield that
// decode requests.
func document(folder string) (string, error) {
	whole := object{}
	for _, part := range parts {
		read, err := readPart(folder, part)
		if err != nil {
			return "", err
		}
		if whole, err = merge(whole, read); err != nil {
			return "", fmt.Errorf("%s: %w", part, err)
		}
	}
	written, err := readPart(folder, "fragments")
	if err != nil {
		return "", err
	}
	c := composer{fragments: fromLists(), used: map[string]bool{}}
	for _, fragment := range written {
		c.fragments[fragment.name] = fragment.value
	}
	composed, err := c.compose(whole)
	if err != nil {
		return "", err
	}
	return text(composed), c.left()
}

// fromLists are the fragments that come from the lists by which requests are decoded.
func fromLists() map[string]node {
	all := people()
	maps.Copy(all, apps())
	maps.Copy(all, operators())
	return all
}

func readPart(folder, name string) (object, error) {
	path := filepath.Join(folder, name+".json")
	content, err := os.ReadFile(path) //nolint:gosec // G304: a part, by a name of ours
	if err != nil {
		return nil, err
	}
	read, err := parse(content)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	part, ok := read.(object)
	if !ok {
		return nil, fmt.Errorf("%s holds no object", path)
	}
	return part, nil
}

// merge returns what either object has. Objects that both have are merged likewise.
func merge(a, b object) (object, error) {
	for _, m := range b {
		i := a.at(m.name)
		if i < 0 {
			a = append(a, m)
			continue
		}
		in, first := a[i].value.(object)
		also, second := m.value.(object)
		if !first || !second {
			return nil, fmt.Errorf("%s comes twice", m.name)
		}
		merged, err := merge(in, also)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.name, err)
		}
		a[i].value = merged
	}
	return a, nil
}

// spread marks a place to be filled, as JavaScript does: the member
// "...": "name" of an object, or "...": ["one", "two"], stands for the members of
// those fragments, and the item "...name" of a list for the items of that fragment.
// A member that follows takes the place of one of the same name.
const spread = "..."

// A composer fills the marked places.
type composer struct {
	fragments map[string]node
	used      map[string]bool
}

func (c composer) compose(n node) (node, error) {
	switch n := n.(type) {
	case object:
		return c.object(n)
	case list:
		return c.list(n)
	}
	return n, nil
}

func (c composer) object(o object) (node, error) {
	filled := object{}
	for _, m := range o {
		value, err := c.compose(m.value)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.name, err)
		}
		added := object{{m.name, value}}
		if m.name == spread {
			if added, err = c.members(value); err != nil {
				return nil, err
			}
		}
		for _, one := range added {
			filled = filled.with(one)
		}
	}
	return filled, nil
}

// members are those of the fragments that are named.
func (c composer) members(names node) (object, error) {
	named, several := names.(list)
	if !several {
		named = list{names}
	}
	var all object
	for _, name := range named {
		fragment, err := c.fragment(unquoted(name))
		if err != nil {
			return nil, err
		}
		o, ok := fragment.(object)
		if !ok {
			return nil, fmt.Errorf("fragment %v is no object", name)
		}
		all = append(all, o...)
	}
	return all, nil
}

func (c composer) list(l list) (node, error) {
	filled := list{}
	for _, item := range l {
		name, marked := strings.CutPrefix(unquoted(item), spread)
		if !marked {
			value, err := c.compose(item)
			if err != nil {
				return nil, err
			}
			filled = append(filled, value)
			continue
		}
		fragment, err := c.fragment(name)
		if err != nil {
			return nil, err
		}
		items, ok := fragment.(list)
		if !ok {
			return nil, fmt.Errorf("fragment %q is no list", name)
		}
		filled = append(filled, items...)
	}
	return filled, nil
}

// fragment returns the fragment of that name, filled itself.
func (c composer) fragment(name string) (node, error) {
	found, ok := c.fragments[name]
	if !ok {
		return nil, fmt.Errorf("there is no fragment %q", name)
	}
	c.used[name] = true
	return c.compose(found)
}

// left names the fragments that stand nowhere.
func (c composer) left() error {
	for _, name := range slices.Sorted(maps.Keys(c.fragments)) {
		if !c.used[name] {
			return fmt.Errorf("the fragment %q is not used", name)
		}
	}
	return nil
}
