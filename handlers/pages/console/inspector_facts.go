package console

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"gatehouse/handlers/pages"
	"gatehouse/internal/inspect"
	"gatehouse/web"
)

// header returns the members of the header in words.
func (j judged) header() []web.InspectorFact {
	if j.Members == nil {
		return nil
	}
	key := ""
	if j.Key != nil {
		key = j.state()
	}
	return []web.InspectorFact{
		{Name: "typ", Value: orDash(j.Type), Note: j.kind()},
		{Name: "alg", Value: orDash(j.Algorithm)},
		{Name: "kid", Value: orDash(j.KeyID), Note: key},
	}
}

func (j judged) kind() string {
	switch j.Kind {
	case inspect.Access:
		return j.Say("an access token")
	case inspect.Refresh:
		return j.Say("a refresh token")
	case inspect.ID:
		return j.Say("an ID token")
	case inspect.Logout:
		return j.Say("a logout token")
	}
	return j.Say("a token of another kind")
}

// claimOrder is the order in which claims are shown; others follow by their names.
var claimOrder = []string{"iss", "aud", "sub", "client_id", "azp", "scope", "role", "sid", "auth_time", "acr", "amr", "iat", "nbf", "exp", "jti"}

// facts returns the claims in words.
func (j judged) facts() (all []web.InspectorFact) {
	names := make([]string, 0, len(j.Members))
	for name := range j.Members {
		names = append(names, name)
	}
	place := func(name string) int {
		if at := slices.Index(claimOrder, name); at >= 0 {
			return at
		}
		return len(claimOrder)
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(place(a)-place(b), strings.Compare(a, b)) })
	for _, name := range names {
		fact := j.fact(name)
		fact.Name, fact.Value = name, j.sent(name)
		all = append(all, fact)
	}
	return all
}

// sent returns a claim as it was sent, a string without its quotation marks.
func (j judged) sent(name string) string {
	var text string
	raw := j.Members[name]
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	return string(raw)
}

// fact says what a claim means.
func (j judged) fact(name string) (f web.InspectorFact) {
	switch name {
	case "iss":
		if f.Note = j.Say("this server"); j.sent("iss") != j.Issuer {
			f.Note, f.Tone = j.Say("another server"), "danger"
		}
	case "aud":
		return j.audience()
	case "sub":
		return j.subject()
	case "client_id", "azp":
		return j.app()
	case "role":
		if j.Person != nil && string(j.Person.Role) != j.sent("role") {
			f.Note, f.Tone = j.Say("is %s now", string(j.Person.Role)), "caution"
		}
	case "sid":
		f.Note = j.record()
	case "exp", "iat", "nbf", "auth_time":
		f.Note = j.moment(name)
	}
	return f
}

func (j judged) audience() (f web.InspectorFact) {
	if j.For != nil {
		f.Link, f.Linked = pages.APIPath(j.For.ID), j.For.Name
	} else if j.Kind == inspect.Access {
		f.Note = j.Say("not registered here")
	}
	if j.Step(inspect.Audience).Outcome == inspect.Failed {
		f.Tone = "danger"
	}
	return f
}

func (j judged) subject() (f web.InspectorFact) {
	if j.Person == nil {
		return f
	}
	state := j.Say("active")
	if !j.Person.Active {
		state = j.Say("deactivated")
	}
	return web.InspectorFact{Link: pages.PersonPath(*j.Person), Linked: pages.FullNameOf(*j.Person), Note: state + ", " + string(j.Person.Role)}
}

func (j judged) app() (f web.InspectorFact) {
	if j.App == nil {
		return f
	}
	f = web.InspectorFact{Link: pages.AppPath(j.App.ID), Linked: pages.NameOf(*j.App)}
	if j.App.Disabled {
		f.Note, f.Tone = j.Say("disabled"), "danger"
	}
	return f
}

// record says how the session of the token is.
func (j judged) record() string {
	switch {
	case j.Record == nil:
		return ""
	case j.Record.EndedAt.IsZero():
		return j.Say("began %s", pages.When(j.r, j.Now, j.Record.CreatedAt).Text)
	}
	return j.Say("ended %s", pages.When(j.r, j.Now, j.Record.EndedAt).Text)
}

// moment says when a claim is, and how far off.
func (j judged) moment(name string) string {
	var seconds int64
	if json.Unmarshal(j.Members[name], &seconds) != nil || seconds <= 0 || seconds > 1<<40 {
		return ""
	}
	when := claimTime(seconds)
	text := when.Format("2006-01-02 15:04:05 UTC")
	if off := when.Sub(j.Now); off > 0 {
		return j.Say("%s, %s from now", text, j.span(off))
	}
	return j.Say("%s, %s ago", text, j.span(j.Now.Sub(when)))
}

// state says how the key is.
func (j judged) state() string {
	return j.Say("%s since %s", string(j.Key.State), pages.Date(j.r, j.Key.SignFrom))
}

// json returns the claims as they are, indented.
func (j judged) json() string {
	text, err := json.Marshal(j.Members)
	var b bytes.Buffer
	if err != nil || json.Indent(&b, text, "", "  ") != nil {
		return ""
	}
	return b.String()
}
