package store

import (
	"encoding/json"
	"fmt"
)

// A Profile holds the standard claims that are not columns of User (OIDC Core 1.0
// §5.1). Empty: unknown. Birthdate is YYYY-MM-DD, 0000-MM-DD or YYYY.
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

// An Address is a postal address (OIDC Core 1.0 §5.1.1).
type Address struct {
	Formatted  string `json:"formatted,omitempty"`
	Street     string `json:"street_address,omitempty"`
	Locality   string `json:"locality,omitempty"`
	Region     string `json:"region,omitempty"`
	PostalCode string `json:"postal_code,omitempty"`
	Country    string `json:"country,omitempty"`
}

// A ProfileText is an encoded profile, as it is kept. Most requests do not need the
// profile, so only ProfileOf decodes it. It is empty for a person without one.
type ProfileText string

// ProfileOf decodes the profile of u.
func ProfileOf(u User) (p Profile, err error) {
	if u.Profile == "" {
		return p, nil
	}
	if err := json.Unmarshal([]byte(u.Profile), &p); err != nil {
		return Profile{}, fmt.Errorf("reading the profile of person %d: %w", u.ID, err)
	}
	return p, nil
}

// Text encodes the profile. A profile holds only strings and a flag, so encoding
// cannot fail.
func (p Profile) Text() ProfileText {
	kept, _ := json.Marshal(p)
	return ProfileText(kept)
}
