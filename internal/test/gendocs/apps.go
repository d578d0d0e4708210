package main

import (
	"reflect"
	"slices"

	"gatehouse/internal/apis"
	"gatehouse/internal/attribute"
	"gatehouse/internal/authz"
	"gatehouse/internal/client"
	"gatehouse/internal/grant"
	"gatehouse/store"
)

// spaceDelimited says that a list is one field of a form, its items separated by blanks.
var spaceDelimited = object{{"style", treeOf("spaceDelimited")}, {"explode", treeOf(false)}}

// of returns the members of an object that attributes yield in an answer, in a request, in
// a form and in an example, and how a form encodes them.
func of[Input, Record any](attributes []attribute.Attribute[Input, Record]) (answer, change, form, encoding, example object) {
	for _, a := range attributes {
		schema := treeOf(a.Schema)
		answer = append(answer, member{a.Name, treeOf(a.Shown())})
		change = append(change, member{a.Name, schema})
		if !reflect.ValueOf(a.InForm).IsZero() {
			schema = treeOf(a.InForm)
		}
		form = append(form, member{a.Name, schema})
		if _, several := a.Kept(new(Record)).(*[]string); several {
			encoding = append(encoding, member{a.Name, spaceDelimited})
		}
		example = append(example, member{a.Name, treeOf(a.Example)})
	}
	return answer, change, form, encoding, example
}

// resources returns the fragments made from the attributes of APIs.
func resources() map[string]node {
	answer, change, form, encoding, example := of(apis.Attributes())
	return map[string]node{
		"api.answer": answer, "api.names": names(answer), "api.change": change, "api.form": form, "api.encoding": encoding, "example.api": example,
	}
}

// apps returns the fragments made from the attributes of clients.
func apps() map[string]node {
	answer, change, form, encoding, example := of(client.Attributes(grant.Types()))
	return map[string]node{
		"client.answer": answer, "client.names": names(answer), "client.change": change, "client.form": form, "client.encoding": encoding, "example.client": example,
		"grants": treeOf(grant.Names()), "grants.token": treeOf(grant.Types().AnsweredAt(grant.TokenEndpoint).Names()),
		"grants.self": treeOf(client.SelfGrants(grant.Types()).Names()),
		"scopes":      treeOf(authz.AllScopes.Tokens()), "auth.methods": treeOf(store.AuthMethods()), "auth.confidential": treeOf(confidential()),
	}
}

// confidential returns the authentication methods of confidential clients, the only ones
// that may introspect tokens (RFC 7662 §2.1).
func confidential() []string {
	return slices.DeleteFunc(store.AuthMethods(), func(method string) bool { return store.Client{AuthMethod: method}.Public() })
}
