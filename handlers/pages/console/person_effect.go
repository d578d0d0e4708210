package console

import (
	"net/http"
	"slices"

	"gatehouse/handlers/pages"
	"gatehouse/internal/account"
	"gatehouse/store"
	"gatehouse/web"
)

// effects fills in what each change would touch, so that it is seen before anything is saved.
func (e Person) effects(chosen store.Role) func(*http.Request, store.User, *web.ConsolePersonData) error {
	return func(r *http.Request, u store.User, data *web.ConsolePersonData) error {
		touched, err := e.Accounts.Touched(r.Context(), u.ID)
		if err != nil {
			return err
		}
		if data.Last, err = e.Accounts.LastAdmin(r.Context(), u); err != nil {
			return err
		}
		data.Roles = roleChoices(r, u, chosen, touched, data.Self)
		data.Touched = web.ConsoleEffect{Title: sessionsEnd(r, data.Living), Apps: appCounts(touched)}
		return nil
	}
}

// roleChoices are the roles, each with what a change to it would touch.
func roleChoices(r *http.Request, u store.User, chosen store.Role, touched account.Effect, self bool) (all []web.ConsoleRole) {
	if !chosen.Valid() {
		chosen = u.Role
	}
	for _, role := range store.Roles() {
		one := web.ConsoleRole{Role: string(role), Name: roleName(r, role), Text: roleText(r, role), Now: role == u.Role, Chosen: role == chosen}
		if !one.Now {
			one.Effect = roleEffect(r, u.Role, role, touched, self)
			one.Save = pages.Say(r, "Change %s to %s", roleName(r, u.Role), one.Name)
		}
		all = append(all, one)
	}
	return all
}

// roleEffect says what a change of the role touches.
func roleEffect(r *http.Request, from, to store.Role, touched account.Effect, self bool) web.ConsoleEffect {
	effect := web.ConsoleEffect{Apps: appCounts(touched)}
	more := slices.Index(store.Roles(), to) > slices.Index(store.Roles(), from)
	switch {
	case touched.Sessions == 0:
		effect.Title = pages.Say(r, "No session in an app is live: the change counts from the next sign-in on.")
	case more:
		effect.Title = pages.Say(r, "%s %s within a second.", pages.Count(r, "1 live session becomes", "%d live sessions become", touched.Sessions), roleName(r, to))
	default:
		effect.Title = pages.Say(r, "%s %s within a second.", pages.Count(r, "1 live session loses", "%d live sessions lose", touched.Sessions), roleName(r, from))
	}
	if touched.Sessions > 0 {
		effect.Notes = append(effect.Notes, pages.Say(r, "They go on with the new role. APIs that verify tokens by themselves follow when those expire."))
	}
	switch {
	case to == store.RoleAdmin:
		effect.Notes = append(effect.Notes, pages.Say(r, "An administrator may do everything here, and change everybody."))
	case self:
		effect.Notes = append(effect.Notes, pages.Say(r, "This is you: you lose this console at once."))
	}
	return effect
}

func sessionsEnd(r *http.Request, n int) string {
	if n == 0 {
		return pages.Say(r, "No session ends: there is none.")
	}
	return pages.Count(r, "1 session ends within a second.", "%d sessions end within a second.", n)
}

// appCounts names the apps that are touched, as many as fit.
func appCounts(touched account.Effect) (all []web.ConsoleCount) {
	for _, app := range touched.Apps[:min(len(touched.Apps), mostRows)] {
		all = append(all, web.ConsoleCount{Name: pages.NameOf(app.Client), Count: app.Sessions})
	}
	return all
}

// roleName returns what the pages call a role.
func roleName(r *http.Request, role store.Role) string {
	switch role {
	case store.RoleAdmin:
		return pages.Say(r, "administrator")
	case store.RoleStaff:
		return pages.Say(r, "staff")
	}
	return pages.Say(r, "person")
}

// roleText returns what a role may do.
func roleText(r *http.Request, role store.Role) string {
	switch role {
	case store.RoleAdmin:
		return pages.Say(r, "Everything in this console")
	case store.RoleStaff:
		return pages.Say(r, "May look up people")
	}
	return pages.Say(r, "Their own account")
}
