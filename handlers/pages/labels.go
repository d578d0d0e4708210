package pages

import "net/http"

// Labels returns what the pages call the attributes of a person, by their names.
func Labels(r *http.Request) map[string]string {
	return map[string]string{
		"first_name": Say(r, "First name"), "last_name": Say(r, "Last name"),
		"middle_name": Say(r, "Middle name"), "nickname": Say(r, "Nickname"),
		"profile": Say(r, "Your own page"), "picture": Say(r, "Address of a picture of you"), "website": Say(r, "Website"),
		"gender": Say(r, "Gender"), "birthdate": Say(r, "Date of birth"),
		"zoneinfo": Say(r, "Time zone"), "locale": Say(r, "Language"),
		"phone_number": Say(r, "Phone number"), "phone_number_verified": Say(r, "Phone number verified"),
		"address.formatted": Say(r, "Address as on an envelope"), "address.street_address": Say(r, "Street and number"),
		"address.locality": Say(r, "Town"), "address.region": Say(r, "State or county"),
		"address.postal_code": Say(r, "Postal code"), "address.country": Say(r, "Country"),
		"username": Say(r, "Username"), "email": Say(r, "E-mail address"), "email_verified": Say(r, "E-mail address verified"),
		"password": Say(r, "Password"), "role": Say(r, "Role"), "is_active": Say(r, "Active"),
	}
}
