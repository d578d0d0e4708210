package main

import (
	"strings"

	"gatehouse/internal/claims"
	"gatehouse/internal/fields"
	"gatehouse/internal/profile"
	"gatehouse/store"
)

// people returns the fragments made from profile.List.
func people() map[string]node {
	all := map[string]node{"profile.names": treeOf(profile.Names()), "claims.names": treeOf(claims.Supported()), "claims": released(), "user.orders": orders()}
	var forms, answer, change, form object
	for _, a := range profile.List {
		if a.Form.Name != "" {
			forms = forms.with(member{a.Form.Name, treeOf(a.Form.Schema)})
		}
		object, name := a.Part()
		schema := treeOf(a.Schema())
		if a.Flag == nil {
			form = append(form, member{a.Name, schema})
		}
		if object != "" {
			all[object] = add(all[object], member{name, schema})
			component := strings.ToUpper(object[:1]) + object[1:]
			answer = answer.with(member{object, treeOf(fields.Component(component))})
			change = change.with(member{object, treeOf(fields.Component(component + "Change"))})
			continue
		}
		answer = append(answer, member{name, schema})
		if a.Flag == nil {
			change = append(change, member{name, schema})
		}
	}
	all["profile.forms"], all["profile.answer"], all["profile.change"], all["profile.form"] = forms, answer, change, form
	all["address.names"], all["example.profile"] = names(all["address"]), example()
	return all
}

// orders returns the ways to order the list of users, each ascending and descending.
func orders() node {
	all := list{}
	for _, by := range store.UserOrders() {
		all = append(all, treeOf(by), treeOf("-"+by))
	}
	return all
}

// example returns a profile with every attribute.
func example() node {
	var all object
	for _, a := range profile.List {
		var value any = a.Example
		if a.Flag != nil {
			value = false
		}
		one := member{a.Name, treeOf(value)}
		if outer, name := a.Part(); outer != "" {
			one = member{outer, add(all.get(outer), member{name, one.value})}
		}
		all = all.with(one)
	}
	return all
}

// released returns the claims as strings. The document itself overrides those of another
// type.
func released() node {
	var all object
	for _, name := range claims.Supported() {
		all = append(all, member{name, treeOf(fields.Schema{Type: "string"})})
	}
	return all
}

// add returns the object n, which may be nil, with another member.
func add(n node, m member) object {
	o, _ := n.(object)
	return append(o, m)
}

func names(n node) node {
	all := list{}
	for _, m := range n.(object) {
		all = append(all, treeOf(m.name))
	}
	return all
}
