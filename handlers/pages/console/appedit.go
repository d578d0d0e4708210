package console

import (
	"cmp"
	"net/http"
	"strconv"
	"strings"

	"gatehouse/handlers/pages"
	"gatehouse/internal/client"
	"gatehouse/internal/grant"
	"gatehouse/internal/version"
	"gatehouse/store"
	"gatehouse/web"
)

// AppEdit is the form of all that an app is registered with.
type AppEdit struct {
	Site
	Apps    registry
	Records appRecords
}

// Show shows the form. With switch=code it suggests what an app needs that leaves the
// password grant.
func (e AppEdit) Show(w http.ResponseWriter, r *http.Request, me pages.Visit) error {
	c, err := appOf(r, e.Apps)
	if err != nil {
		return err
	}
	values := valuesOf(c)
	if r.URL.Query().Get("switch") == "code" {
		for i, name := range []string{grant.AuthorizationCode, grant.RefreshToken} {
			if !values.Has("grant_types." + name) {
				values.Set("grant_types."+name, strconv.Itoa(later+i))
			}
		}
		values.Set("require_pkce", "on")
	}
	return e.show(w, r, me, http.StatusOK, c, form{r: r, values: values}, "")
}

// Change saves what was typed. A secret that the app gets by it is in the answer.
func (e AppEdit) Change(w http.ResponseWriter, r *http.Request, me pages.Visit) error {
	c, err := appOf(r, e.Apps)
	if err != nil {
		return err
	}
	f := form{r: r, values: me.Form}
	if f.helped() {
		return e.show(w, r, me, http.StatusOK, c, f, "")
	}
	in := inputOf(me.Form, strings.Fields(me.Form.Get("fields")))
	in.Shown = version.Tag(me.Form.Get("version"))
	changed, secret, err := e.Apps.Update(r.Context(), me.Actor(), c.ID, in, false)
	switch {
	case err == nil && secret != "":
		return e.showSecret(w, r, me, changed, secret, pages.Say(r, "%s has a secret now", changed.Name), pages.Say(r, "It proves itself by it from now on."))
	case err == nil:
		return e.done(w, me, appPath(c.ID), pages.Say(r, "The app is saved."))
	}
	faults, problem, status, err := pages.Refused(w, r, err)
	if err != nil {
		return err
	}
	f.faults = faults
	if status == http.StatusPreconditionFailed {
		if c, err = appOf(r, e.Apps); err != nil {
			return err
		}
		f.now = valuesOf(c)
	}
	return e.show(w, r, me, status, c, f, problem)
}

// helped does what the buttons inside a form ask for, without saving: it adds a line, or
// takes what somebody meant.
func (f *form) helped() bool {
	f.more = f.values.Get("more")
	line := f.values.Get("use")
	if line != "" {
		f.values.Set(line, client.Meant(f.values.Get(line)))
	}
	return f.more != "" || line != ""
}

func (e AppEdit) show(w http.ResponseWriter, r *http.Request, me pages.Visit, status int, c store.Client, f form, problem string) error {
	shown := me.Form.Get("version")
	if shown == "" || status == http.StatusPreconditionFailed {
		tag, err := client.Version(c)
		if err != nil {
			return err
		}
		shown = string(tag)
	}
	var err error
	if f.scopes, err = e.Apps.Offered(r.Context(), c); err != nil {
		return err
	}
	data := web.ConsoleAppEditData{App: e.headOf(r, c), Version: shown, Groups: groupsOf(f), Names: editable()}
	if data.Effect, err = e.living(r, e.Records, c.ID); err != nil {
		return err
	}
	data.Frame = e.frame(w, r, me, "apps")
	data.Problem = cmp.Or(problem, f.besidesFields(strings.Fields(data.Names)...))
	return pages.Show(w, r, web.ConsoleAppEdit, status, data)
}

// editable returns the names of the attributes that the form has.
func editable() string {
	var names []string
	for _, a := range attributes {
		if a.Name != "disabled" {
			names = append(names, a.Name)
		}
	}
	return strings.Join(names, " ")
}
