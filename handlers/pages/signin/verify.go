package signin

import (
	"errors"
	"net/http"

	"gatehouse/handlers"
	"gatehouse/handlers/pages"
	"gatehouse/internal/fields"
	"gatehouse/internal/link"
	"gatehouse/web"
)

// ShowVerify asks the holder of a link to confirm the address.
func (e Links) ShowVerify(w http.ResponseWriter, r *http.Request) error {
	return e.verifyForm(w, r, http.StatusOK, web.VerifyData{Token: r.URL.Query().Get("token")})
}

func (e Links) verifyForm(w http.ResponseWriter, r *http.Request, status int, data web.VerifyData) (err error) {
	data.Email, err = e.People.AddressOfLink(r.Context(), data.Token)
	if errors.Is(err, link.ErrSpent) {
		return e.verifySpent(w, r)
	}
	if err != nil {
		return err
	}
	return pages.Show(w, r, web.Verify, status, data)
}

// verifySpent leads to the account, where another link can be had. A link that was used
// already has done its work.
func (e Links) verifySpent(w http.ResponseWriter, r *http.Request) error {
	return spent(w, r, web.LinkSpentData{Text: pages.Say(r, "If you have confirmed the address already, all is well. Otherwise sign in, and ask for another link.")})
}

// Verify confirms the address.
func (e Links) Verify(w http.ResponseWriter, r *http.Request) error {
	form, err := handlers.Form(r)
	if err != nil {
		return err
	}
	data := web.VerifyData{Token: form.Get("token")}
	_, err = e.People.Verify(r.Context(), fields.Given(data.Token))
	switch {
	case err == nil:
		return pages.Show(w, r, web.LinkDone, http.StatusOK, web.LinkDoneData{
			Heading: pages.Say(r, "Your address is confirmed"), Text: pages.Say(r, "You can close this page, or go on."),
			Action: pages.Say(r, "Continue"), Path: loginPath,
		})
	case errors.Is(err, link.ErrSpent):
		return e.verifySpent(w, r)
	}
	status, faults, problem := explained(w, r, err)
	if status == 0 {
		return err
	}
	if faults["email"] != nil {
		problem = pages.Say(r, "Somebody else has this address now.")
	}
	data.Problem = problem
	return e.verifyForm(w, r, status, data)
}
