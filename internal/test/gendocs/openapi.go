package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// parts are the files of the API document, in its order.
var parts = []string{
	"about", "oauth", "challenge", "registration", "discovery", "signin", "links", "people", "account", "factors", "apps", "apis", "operators",
	"pages", "own-pages", "links-pages", "passkeys", "headers", "parameters", "responses",
	"schemas-people", "schemas-shared", "schemas-oauth", "schemas-challenge", "schemas-apps", "schemas-apis", "schemas-operators", "schemas-pages", "schemas-passkeys",
}

// document composes the API document from the parts in a folder, the fragments in its
// fragments.json, and the fragments from the lists that decode requests.
func document(folder string) (string, error) {
	marked := object{}
	for _, part := range parts {
		read, err := readPart(folder, part)
		if err != nil {
			return "", err
		}
		if marked, err = merge(marked, read); err != nil {
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
	composed, err := c.compose(marked)
	if err != nil {
		return "", err
	}
	return text(composed), c.checkAllUsed()
}

// fromLists returns the fragments from the lists that decode requests.
func fromLists() map[string]node {
	all := people()
	maps.Copy(all, apps())
	maps.Copy(all, resources())
	maps.Copy(all, operators())
	return all
}

func readPart(folder, name string) (object, error) {
	path := filepath.Join(folder, name+".json")
	content, err := os.ReadFile(path) //nolint:gosec // G304: the folder is given by go generate, the name by us
	if err != nil {
		return nil, err
	}
	read, err := parse(content)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	part, ok := read.(object)
	if !ok {
		return nil, fmt.Errorf("%s is not a JSON object", path)
	}
	return part, nil
}

// merge returns the members of both objects. Objects that both have are merged in turn;
// any other member that both have is an error.
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

// spread marks a place to be filled, as in JavaScript. The member "...": "name" of an
// object, or "...": ["one", "two"], stands for the members of those fragments, and the
// item "...name" of a list for the items of that fragment. A later member replaces an
// earlier one of the same name.
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

// members returns the members of the named fragments.
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
			return nil, fmt.Errorf("fragment %v is not an object", name)
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
			return nil, fmt.Errorf("fragment %q is not a list", name)
		}
		filled = append(filled, items...)
	}
	return filled, nil
}

// fragment returns the fragment of that name, with its own places filled.
func (c composer) fragment(name string) (node, error) {
	found, ok := c.fragments[name]
	if !ok {
		return nil, fmt.Errorf("there is no fragment %q", name)
	}
	c.used[name] = true
	return c.compose(found)
}

// checkAllUsed returns an error for a fragment that fills no place.
func (c composer) checkAllUsed() error {
	for _, name := range slices.Sorted(maps.Keys(c.fragments)) {
		if !c.used[name] {
			return fmt.Errorf("the fragment %q is not used", name)
		}
	}
	return nil
}
