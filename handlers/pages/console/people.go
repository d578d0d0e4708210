package console

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"gatehouse/handlers/pages"
	"gatehouse/internal/account"
	"gatehouse/internal/fields"
	"gatehouse/internal/names"
	"gatehouse/store"
	"gatehouse/web"
)

// People lists the people whom the query of the address asks for.
type People struct {
	Site
	People  browsing
	Exports Exports
}

type people interface {
	List(ctx context.Context, parameters url.Values) (account.Page, error)
}

type browsing interface {
	Browse(ctx context.Context, parameters url.Values, limit int, most int64) (account.Page, error)
}

const (
	// aPage is how many people a page shows: with more it would be too heavy.
	aPage = 40
	// counted is how far people are counted, unless the address asks for all; countedTyping,
	// while somebody types, how many are looked at whom another word or a filter may leave out.
	counted       = 10_000
	countedTyping = 2_000
	// The parameters beside those of account.Browsing: the mark of the page, "all" to count
	// all, and the part of the page that a script asks for.
	cursorParam, countParam, partParam = "cursor", "count", "part"
)

// Show shows a page of the list or, for a script, its part alone.
func (e People) Show(w http.ResponseWriter, r *http.Request, me pages.Visit) error {
	query := only(r.URL.Query(), append(account.Browsing(), cursorParam, countParam)...)
	data := web.ConsolePeopleData{Frame: e.frame(w, r, me, "people"), Search: query.Get("search"), Chips: chips(query)}
	for _, name := range account.Browsing()[1:] {
		if value := query.Get(name); value != "" {
			data.Kept = append(data.Kept, web.Hidden{Name: name, Value: value})
		}
	}
	most := int64(counted)
	switch {
	case query.Get(countParam) != "":
		most = 0
	case r.URL.Query().Get(partParam) != "" && (len(data.Kept) > 0 || len(strings.Fields(data.Search)) > 1):
		most = countedTyping
	}
	found, err := e.People.Browse(r.Context(), query, aPage, most)
	if bad, ok := errors.AsType[*fields.Errors](err); ok {
		data.Problem = pages.FaultOr(r, bad, "")
		return e.render(w, r, http.StatusBadRequest, data)
	}
	if err != nil {
		return err
	}
	data.People = e.peopleIn(r, found, query)
	for i, row := range data.People.Rows {
		data.People.Rows[i].Address = placed(row.ID, query)
	}
	if found.Beyond {
		data.People.Total, data.CountAll = max(data.People.Total, len(found.Users)), with(query, countParam, "all")
	}
	return e.render(w, r, http.StatusOK, data)
}

func (e People) render(w http.ResponseWriter, r *http.Request, status int, data web.ConsolePeopleData) error {
	page := web.ConsolePeople
	if r.URL.Query().Get(partParam) != "" {
		page = web.ConsolePeopleList
	}
	return pages.Show(w, r, page, status, data)
}

// peopleIn returns the people who were found.
func (s Site) peopleIn(r *http.Request, found account.Page, query url.Values) web.List[web.PersonRow] {
	list := web.List[web.PersonRow]{Total: int(found.Total), Next: next(peoplePath, query, found.Next), First: onward(peoplePath, query, ""), Later: query.Has(cursorParam)}
	words := strings.Fields(names.Plain(query.Get("search")))
	for _, u := range found.Users {
		list.Rows = append(list.Rows, web.PersonRow{
			ID: u.ID, Address: peoplePath + "/" + strconv.FormatInt(u.ID, 10),
			Name: pages.FullNameOf(u), Username: u.Username, Email: u.Email, Role: string(u.Role), Active: u.Active, Verified: u.EmailVerified,
			Factor: factorOf(u.Factors), Seen: s.when(r, u.LastLoginAt), Joined: s.when(r, u.JoinedAt),
			Found: web.Found{Name: foundIn(pages.FullNameOf(u), words, anyWord), Username: foundIn(u.Username, words, firstWord), Email: foundIn(u.Email, words, addressWord)},
		})
	}
	return list
}

// factorOf names the best second factor in a sentence of the catalogues; empty for none.
func factorOf(f store.Factors) string {
	switch {
	case f.Has(store.FactorPasskey):
		return "Passkey"
	case f.Has(store.FactorTOTP):
		return "Code app"
	}
	return ""
}
