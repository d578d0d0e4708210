package pages

import (
	"context"
	"errors"
	"net/http"

	"gatehouse/handlers"
	"gatehouse/internal/account"
	"gatehouse/internal/fields"
	"gatehouse/store"
	"gatehouse/web"
)

// Setup lets the holder of the one-time link create the first administrator.
type Setup struct {
	People interface {
		Redeem(ctx context.Context, token string, in account.Input) (store.User, error)
	}
	Issuer string
}

// Show shows the form. It does not check the token; only sending the form uses up the
// link.
func (e Setup) Show(w http.ResponseWriter, r *http.Request) error {
	return Show(w, r, web.Setup, http.StatusOK, web.SetupData{Token: r.URL.Query().Get("token")})
}

// Create uses up the link and creates the administrator.
func (e Setup) Create(w http.ResponseWriter, r *http.Request) error {
	form, err := handlers.Form(r)
	if err != nil {
		return err
	}
	u, err := e.People.Redeem(r.Context(), form.Get("token"), account.Input{
		Username: fields.Given(form.Get("username")), Email: fields.Given(form.Get("email")), Password: fields.Given(form.Get("password")),
	})
	var bad *fields.Errors
	switch {
	case errors.As(err, &bad):
		return Show(w, r, web.Setup, http.StatusUnprocessableEntity, web.SetupData{
			Token: form.Get("token"), Username: form.Get("username"), Email: form.Get("email"), Errors: bad.Map(),
		})
	case errors.Is(err, account.ErrLink):
		return errLinkUsed
	case err != nil:
		return err
	}
	return Show(w, r, web.SetupDone, http.StatusCreated, web.SetupDoneData{Username: u.Username, Issuer: e.Issuer})
}

var errLinkUsed = &Problem{
	Status: http.StatusGone, Reason: "bootstrap link unknown, used or expired",
	Heading: "This link no longer works",
	Text:    "It has been used, or an hour has passed. If there is no administrator yet, restart the server for a new link, or run: gatehouse user create --role admin",
}
