package account

import (
	"time"

	"gatehouse/store"
)

// at does what against does, also for the profile, and sets the time of the change,
// which clients see as updated_at (OIDC Core 1.0 §5.1).
func (d draft) at(now time.Time, u store.User) (c store.UserChange, before, after map[string]any, err error) {
	c, before, after = d.against(u)
	if len(d.settings) > 0 || d.numberVouch != nil {
		profile, err := store.ProfileOf(u)
		if err != nil {
			return c, nil, nil, err
		}
		c.Profile = d.profileAgainst(profile, before, after)
	}
	if len(after) > 0 {
		c.UpdatedAt = &now
	}
	return c, before, after, nil
}

// against returns the difference between d and u as a change to write, and as before
// and after for the record. The record says only that the password changed.
func (d draft) against(u store.User) (c store.UserChange, before, after map[string]any) {
	before, after = map[string]any{}, map[string]any{}
	note := func(field string, was, is any) { before[field], after[field] = was, is }
	if d.username != nil && *d.username != u.Username {
		c.Username, c.UsernameKey = d.username, d.usernameKey
		note("username", u.Username, *d.username)
	}
	address, proved := u.Email, u.EmailVerified
	if d.email != nil && *d.email != u.Email {
		c.Email, c.EmailKey = d.email, d.emailKey
		note("email", u.Email, *d.email)
		address, proved = *d.email, false // the proof was for the old address
	}
	if proved = d.addressVouch.over(address, proved); proved != u.EmailVerified {
		c.EmailVerified = &proved
		note("email_verified", u.EmailVerified, proved)
	}
	if d.first != nil && *d.first != u.FirstName {
		c.FirstName = d.first
		note("first_name", u.FirstName, *d.first)
	}
	if d.last != nil && *d.last != u.LastName {
		c.LastName = d.last
		note("last_name", u.LastName, *d.last)
	}
	if d.role != nil && *d.role != u.Role {
		c.Role = d.role
		note("role", u.Role, *d.role)
	}
	if d.active != nil && *d.active != u.Active {
		c.Active = d.active
		note("is_active", u.Active, *d.active)
	}
	if d.hash != nil {
		c.PasswordHash = d.hash
		if u.PasswordStolen {
			c.PasswordStolen = new(false) // it would have been refused
		}
		note("password", "old", "new")
	}
	return c, before, after
}

// applied returns u after c.
func applied(u store.User, c store.UserChange) store.User {
	set(&u.Username, c.Username)
	set(&u.UsernameKey, c.UsernameKey)
	set(&u.Email, c.Email)
	set(&u.EmailKey, c.EmailKey)
	set(&u.EmailVerified, c.EmailVerified)
	set(&u.FirstName, c.FirstName)
	set(&u.LastName, c.LastName)
	set(&u.Role, c.Role)
	set(&u.Active, c.Active)
	set(&u.PasswordHash, c.PasswordHash)
	set(&u.PasswordStolen, c.PasswordStolen)
	set(&u.UpdatedAt, c.UpdatedAt)
	set(&u.Profile, c.Profile)
	return u
}

func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}
