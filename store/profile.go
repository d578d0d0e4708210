package store

import (
	"context"
	"encoding/json"
	"fmt"
)

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
	// Most requests need none, so it is no part of User; see ProfileFor.
	ProfileOf(ctx context.Context, userID int64) (Profile, error)
}

// ProfileFor returns the person's profile: that which came with u, and if none did,
// what profiles has.
func ProfileFor(ctx context.Context, profiles Profiles, u User) (p Profile, err error) {
	if u.ProfileText == "" {
		return profiles.ProfileOf(ctx, u.ID)
	}
	if err := json.Unmarshal([]byte(u.ProfileText), &p); err != nil {
		return Profile{}, fmt.Errorf("reading the profile of person %d: %w", u.ID, err)
	}
	return p, nil
}
