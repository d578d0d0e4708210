package account

import (
	"net/http"

	"gatehouse/handlers/pages"
)

// hints say what a value looks like, where the label leaves that open.
func hints(r *http.Request) map[string]string {
	return map[string]string{
		"birthdate":    pages.Say(r, "As 1990-05-04; 0000-05-04 without the year, or a year alone."),
		"zoneinfo":     pages.Say(r, "As Europe/Berlin."),
		"locale":       pages.Say(r, "As de or pt-BR. Apps may use it; these pages follow your browser."),
		"phone_number": pages.Say(r, "With the country's code, as +49 30 1234567."),
		"picture":      pages.Say(r, "Begins with https://."),
	}
}

// completes are the tokens of the attribute autocomplete (HTML standard §4.10.18.7).
var completes = map[string]string{
	"first_name": "given-name", "last_name": "family-name", "middle_name": "additional-name", "nickname": "nickname",
	"website": "url", "gender": "sex", "birthdate": "bday", "locale": "language", "phone_number": "tel",
	"address.street_address": "street-address", "address.locality": "address-level2", "address.region": "address-level1",
	"address.postal_code": "postal-code", "address.country": "country-name",
}

// kinds are the types of inputs that are not plain text.
var kinds = map[string]string{"phone_number": "tel", "website": "url", "profile": "url", "picture": "url"}
