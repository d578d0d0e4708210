package console

import (
	"net/http"
	"slices"
	"strings"

	"gatehouse/handlers/pages"
	"gatehouse/internal/client"
	"gatehouse/internal/fields"
	"gatehouse/internal/version"
)

// Stop takes a grant or a scope from the app that its page says was not used lately.
func (e App) Stop(w http.ResponseWriter, r *http.Request, me pages.Visit) error {
	c, err := appOf(r, e.Apps)
	if err != nil {
		return err
	}
	in := client.Input{Shown: version.Tag(me.Form.Get("version"))}
	name := me.Form.Get("grant")
	if name != "" {
		in.GrantTypes = fields.Listed(without(c.GrantTypes, name)...)
	} else {
		name = me.Form.Get("scope")
		in.Scope = fields.Given(strings.Join(without(strings.Fields(c.Scope), name), " "))
	}
	if _, _, err = e.Apps.Update(r.Context(), me.Actor(), c.ID, in, false); err == nil {
		return e.done(w, me, appPath(c.ID), pages.Say(r, "%s may not use %s any more.", c.Name, name))
	}
	faults, problem, status, err := pages.Refused(w, r, err)
	if err != nil {
		return err
	}
	if c, err = appOf(r, e.Apps); err != nil {
		return err
	}
	return e.show(w, r, me, c, status, pages.FaultOr(r, faults, problem))
}

func without(all []string, name string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(other string) bool { return other == name })
}
