package main

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestConfigurationPageIsCurrent(t *testing.T) {
	page, err := os.ReadFile("../../../docs/configuration.md")
	if err != nil {
		t.Fatalf("reading the page: %v", err)
	}
	if diff := cmp.Diff(configuration(), string(page)); diff != "" {
		t.Errorf("docs/configuration.md is stale; run: go generate ./config (-want +got)\n%s", diff)
	}
}

const api = "../../../handlers/operators/openapi"

func TestTheAPIDocumentIsCurrent(t *testing.T) {
	want, err := document(api)
	if err != nil {
		t.Fatalf("composing the document: %v", err)
	}
	got, err := os.ReadFile(api + ".json")
	if err != nil {
		t.Fatalf("reading the document: %v", err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("handlers/operators/openapi.json is stale; run: go generate ./handlers/operators (-want +got)\n%s", diff)
	}
}

func TestPlacesAreFilled(t *testing.T) {
	c := composer{used: map[string]bool{}, fragments: map[string]node{}}
	for name, text := range map[string]string{
		"pair": `{"a": 1, "b": 2}`, "nested": `{"...": "pair", "c": ["...words"]}`, "words": `["x", "y"]`,
	} {
		c.fragments[name] = tree(t, text)
	}
	for _, one := range []struct{ name, in, want, fault string }{
		{"nothing marked", `{"a": ["b", {"c": null}]}`, `{"a": ["b", {"c": null}]}`, ""},
		{"members", `{"z": 0, "...": "pair"}`, `{"z": 0, "a": 1, "b": 2}`, ""},
		{"several", `{"...": ["pair", "nested"]}`, `{"a": 1, "b": 2, "c": ["x", "y"]}`, ""},
		{"a later member wins, in the old place", `{"...": "pair", "a": 3}`, `{"a": 3, "b": 2}`, ""},
		{"items", `["w", "...words", "z"]`, `["w", "x", "y", "z"]`, ""},
		{"unknown", `{"...": "pairs"}`, "", `no fragment "pairs"`},
		{"a list for members", `{"...": "words"}`, "", "not an object"},
		{"an object for items", `["...pair"]`, "", "not a list"},
	} {
		got, err := c.compose(tree(t, one.in))
		if one.fault != "" {
			if err == nil || !strings.Contains(err.Error(), one.fault) {
				t.Errorf("%s: error = %v, want one with %q", one.name, err, one.fault)
			}
			continue
		}
		if diff := cmp.Diff(one.want, inline(got)); err != nil || diff != "" {
			t.Errorf("%s: error = %v (-want +got)\n%s", one.name, err, diff)
		}
	}
	c.fragments["spare"] = list{}
	if err := c.checkAllUsed(); err == nil || !strings.Contains(err.Error(), `"spare"`) {
		t.Errorf("an unused fragment: error = %v, want one with its name", err)
	}
}

func TestPartsAreMerged(t *testing.T) {
	read := func(text string) object { return tree(t, text).(object) }
	got, err := merge(read(`{"a": {"b": 1}}`), read(`{"a": {"c": 2}, "d": 3}`))
	if want := `{"a": {"b": 1, "c": 2}, "d": 3}`; err != nil || inline(got) != want {
		t.Errorf("merge = %s, %v; want %s", inline(got), err, want)
	}
	if _, err := merge(read(`{"a": {"b": 1}}`), read(`{"a": {"b": 1}}`)); err == nil {
		t.Error("merge accepts a member that both objects have; want an error")
	}
}

func tree(t *testing.T, text string) node {
	t.Helper()
	n, err := parse([]byte(text))
	if err != nil {
		t.Fatalf("reading the line %s: %v", text, err)
	}
	return n
}
