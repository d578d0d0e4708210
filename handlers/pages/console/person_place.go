package console

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"gatehouse/internal/account"
	"gatehouse/internal/fields"
	"gatehouse/store"
	"gatehouse/web"
)

// inParam has the query of the list from which a person was opened.
const inParam = "in"

// placed returns the path of a person who was opened from the list of a query.
func placed(id int64, query url.Values) string {
	return peoplePath + "/" + strconv.FormatInt(id, 10) + "?" + url.Values{inParam: {only(query, ofPage()...).Encode()}}.Encode()
}

// ofPage are the parameters that choose a page of the list.
func ofPage() []string { return append(account.Browsing(), cursorParam) }

// neighbours fills in the way back to the list from which the person was opened, and who comes
// before and after them on its page.
func (e Person) neighbours(r *http.Request, u store.User, data *web.ConsolePersonData) error {
	data.Back = peoplePath
	query, err := url.ParseQuery(r.URL.Query().Get(inParam))
	if err != nil || !r.URL.Query().Has(inParam) {
		return nil //nolint:nilerr // an address that nobody made here leads to the whole list
	}
	query = only(query, ofPage()...)
	data.Back = onward(peoplePath, query, query.Get(cursorParam))
	found, err := e.List.Browse(r.Context(), query, aPage, 1)
	if _, old := errors.AsType[*fields.Errors](err); old { // the mark of the page
		return nil
	}
	if err != nil {
		return err
	}
	at := slices.IndexFunc(found.Users, func(other store.User) bool { return other.ID == u.ID })
	if at > 0 {
		data.Before = placed(found.Users[at-1].ID, query)
	}
	if at >= 0 && at+1 < len(found.Users) {
		data.After = placed(found.Users[at+1].ID, query)
	}
	return nil
}
