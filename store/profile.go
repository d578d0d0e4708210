package store

import "context"

// A Profile holds the standard claims that are not columns of User (OIDC Core 1.0
// §5.1). Empty: not known. Birthdate is YYYY-MM-DD, 0000-MM-DD or YYYY.
type Profile struct {
	MiddleName  string  `json:"middle_name,omitempty"`
	Nickname    string  `json:"nickname,omitempty"`
	Website     string  `json:"website,omitempty"`
	PageURL     string  `json:"profile,omitempty"`
	Picture     string  `json:"picture,omitempty"`
	Gender      string  `json:"gender,omitempty"`
	Birthdate   string  `json:"birthdate,omitempty"`
	ZoneInfo    string  `json:"zoneinfo,omitempty"`
	Locale      string  `json:"locale,omitempty"`
	PhoneNumber string  `json:"phone_number,omitempty"`
	PhoneProved bool    `json:"phone_number_verified,omitempty"`
	Address     Address `json:"address,omitzero"`
}

// An Address is a postal one (OIDC Core 1.0 §5.1.1).
type Address struct {
	Formatted  string `json:"formatted,omitempty"`
	Street     string `json:"street_address,omitempty"`
	Locality   string `json:"locality,omitempty"`
	Region     string `json:"region,omitempty"`
	PostalCode string `json:"postal_code,omitempty"`
	Country    string `json:"country,omitempty"`
}

// Profiles reads profiles.
type Profiles interface {
	// ProfileOf returns the person's profile, or ErrNotFound if the person is gone.
	// Users carry none: few requests need it.
	ProfileOf(ctx context.Context, userID int64) (Profile, error)
}
