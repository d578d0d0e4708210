package account

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"gatehouse/handlers"
	"gatehouse/handlers/pages"
	"gatehouse/internal/account"
	"gatehouse/internal/authz"
	"gatehouse/internal/fields"
	"gatehouse/internal/passkey"
	"gatehouse/internal/reqctx"
	"gatehouse/internal/signin"
	"gatehouse/internal/throttle"
	"gatehouse/store"
	"gatehouse/web"
)

// The paths of the passkeys of the person who is signed in.
const (
	// PasskeysPath is their page.
	PasskeysPath       = "/account/passkeys"
	passkeyOptionsPath = PasskeysPath + "/options"
)

// Passkeys is the page of the passkeys of the person who is signed in.
type Passkeys struct {
	Visitors   pages.Visitors
	Flash      pages.Flash
	Ceremonies interface {
		On() bool
		Create(ctx context.Context, user store.User) (json.RawMessage, error)
		Created(ctx context.Context, user store.User, answer []byte) (store.Passkey, error)
		Signals(user store.User, all []store.Passkey) []passkey.Signal
	}
	People interface {
		AddPasskey(ctx context.Context, actor authz.Actor, me store.User, p store.Passkey) (account.FactorChange, error)
		RenamePasskey(ctx context.Context, actor authz.Actor, id []byte, name string) error
		RemovePasskey(ctx context.Context, actor authz.Actor, me store.User, id []byte) (account.FactorChange, error)
	}
	Store interface {
		ListPasskeys(ctx context.Context, userID int64) ([]store.Passkey, error)
	}
	Now func() time.Time
}

// Table returns the table of the page and of what its script asks for.
func (e Passkeys) Table(issuer string) handlers.Table {
	return pages.Table(issuer,
		handlers.Route{Method: http.MethodGet, Path: PasskeysPath, Serve: e.Visitors.Inside(e.show)},
		handlers.Route{Method: http.MethodPost, Path: PasskeysPath, Serve: e.Visitors.Sensitive(e.Now, e.change)},
		handlers.Route{Method: http.MethodPost, Path: passkeyOptionsPath, Serve: e.options},
	)
}

func (e Passkeys) show(w http.ResponseWriter, r *http.Request, me pages.Visit) error {
	return e.page(w, r, me, http.StatusOK, web.PasskeysData{Said: e.Flash.Take(w, r, me.User.Sub)})
}

// page shows the person's passkeys with what data says beside them.
func (e Passkeys) page(w http.ResponseWriter, r *http.Request, me pages.Visit, status int, data web.PasskeysData) error {
	if !e.Ceremonies.On() {
		return handlers.ErrNotFound
	}
	all, err := e.Store.ListPasskeys(r.Context(), me.User.ID)
	if err != nil {
		return err
	}
	data.Room = pages.RoomOf(me.User)
	data.At = placeOf(PasskeysPath)
	for _, p := range all {
		known := passkey.Describe(p)
		data.Passkeys = append(data.Passkeys, web.Passkey{
			ID: account.PasskeyID(p), Name: p.Name, Authenticator: known.Authenticator, Synced: known.Synced,
			Created: pages.When(r, e.Now(), p.CreatedAt), LastUsed: pages.When(r, e.Now(), p.LastUsedAt),
		})
	}
	data.Only = len(all) == 1 && me.User.PasswordHash == ""
	for _, s := range e.Ceremonies.Signals(me.User, all) {
		data.Signals = append(data.Signals, web.Signal(s))
	}
	return pages.Show(w, r, web.Passkeys, status, data)
}

// change does what one of the page's forms asks for.
func (e Passkeys) change(w http.ResponseWriter, r *http.Request, me pages.Visit) error {
	done, codes, err := e.act(r.Context(), me)
	var bad *fields.Errors
	var low *signin.StepUp
	switch {
	case errors.As(err, &bad):
		return e.page(w, r, me, http.StatusUnprocessableEntity, web.PasskeysData{Renamed: me.Form.Get("id"), Typed: me.Form.Get("name"), Errors: bad.Map()})
	case problemWith(err) != "":
		return e.page(w, r, me, http.StatusUnprocessableEntity, web.PasskeysData{Problem: pages.Say(r, problemWith(err))})
	case errors.As(err, &low):
		return pages.SeeOther(w, pages.SignInAgainFor(PasskeysPath))
	case errors.Is(err, store.ErrNotFound), errors.Is(err, signin.ErrCredentialsChanged): // the page shows what is left
		return pages.SeeOther(w, PasskeysPath)
	case err != nil:
		return err
	}
	e.Flash.Set(w, me.User.Sub, pages.Say(r, done))
	if len(codes) > 0 {
		return pages.Show(w, r, web.RecoveryCodes, http.StatusOK, web.RecoveryCodesData{Codes: codes, Next: PasskeysPath})
	}
	return pages.SeeOther(w, PasskeysPath)
}

// act does it, and returns the sentence that says so, with the recovery codes that the
// person has got.
func (e Passkeys) act(ctx context.Context, me pages.Visit) (done string, codes []string, err error) {
	if me.Form.Get("do") == "add" {
		change, err := e.add(ctx, me)
		return "The passkey was added.", change.Codes, err
	}
	id, err := account.ParsePasskeyID(me.Form.Get("id"))
	if err != nil {
		return "", nil, err
	}
	if me.Form.Get("do") == "remove" {
		_, err := e.People.RemovePasskey(ctx, me.Actor(), me.User, id)
		return "The passkey was removed, and you were signed out everywhere else.", nil, err
	}
	return "The passkey was renamed.", nil, e.People.RenamePasskey(ctx, me.Actor(), id, me.Form.Get("name"))
}

func (e Passkeys) add(ctx context.Context, me pages.Visit) (account.FactorChange, error) {
	p, err := e.Ceremonies.Created(ctx, me.User, []byte(me.Form.Get("passkey")))
	if err != nil {
		return account.FactorChange{}, err
	}
	return e.People.AddPasskey(ctx, me.Actor(), me.User, p)
}

// problemWith returns the sentence for a refusal that the person can do something about, or
// "".
func problemWith(err error) string {
	switch {
	case errors.Is(err, passkey.ErrRefused):
		return "The passkey was not accepted. Please try again."
	case errors.Is(err, account.ErrPasskeyTaken):
		return "This passkey is on record already."
	case errors.Is(err, account.ErrPasskeysFull):
		return "You have as many passkeys as you may have. Remove one that you do not use."
	case errors.Is(err, account.ErrOnlyWayIn):
		return "This passkey is the only way into your account. Add another one or set a password first."
	}
	return ""
}

// options answers the page's script with the options of a new passkey, or with the address
// at which the person first signs in again.
func (e Passkeys) options(w http.ResponseWriter, r *http.Request) error {
	me, err := e.Visitors.SignedIn(r)
	switch {
	case err != nil:
		return err
	case !me.SignedIn():
		return elsewhere(w, r, pages.SignInFor(PasskeysPath))
	case !me.Fresh(e.Now()):
		return elsewhere(w, r, pages.SignInAgainFor(PasskeysPath))
	}
	options, err := e.Ceremonies.Create(r.Context(), me.User)
	switch {
	case errors.Is(err, passkey.ErrOff):
		return handlers.ErrNotFound
	case errors.Is(err, store.ErrFull):
		return &throttle.Limited{RetryAfter: passkey.Life}
	case err != nil:
		return err
	}
	return pages.JSON(w, http.StatusOK, options)
}

// elsewhere tells the script where to lead the browser.
func elsewhere(w http.ResponseWriter, r *http.Request, path string) error {
	return pages.JSON(w, http.StatusUnauthorized, map[string]string{"location": reqctx.From(r.Context()).Base + path})
}
