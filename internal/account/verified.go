package account

import (
	"gatehouse/internal/authz"
	"gatehouse/internal/fields"
	"gatehouse/store"
)

const (
	othersVerify = "Only another administrator can set this."
	nothingThere = "There is no phone number to verify."
)

// A vouch says whether an address or a number is proved to be the user's. It is for the
// one that the administrator saw or sent: should the user have another by the time of the
// change, the vouch is void.
type vouch struct {
	about  string
	proved bool
}

// over returns whether is, which was proved or not, is proved now. V may be nil.
func (v *vouch) over(is string, proved bool) bool {
	if v == nil || v.about != is {
		return proved
	}
	return v.proved
}

// setVerified reads the flags that vouch for the e-mail address and the phone number.
// Settings have been read before.
func (d *draft) setVerified(actor authz.Actor, in Input, current store.User, faults *fields.Errors) {
	address := current.Email
	if d.email != nil {
		address = *d.email
	}
	d.addressVouch = vouchOf("email_verified", in.EmailVerified, address, current.EmailVerified, actor, current.ID, faults)
	if !in.PhoneVerified.Sent {
		return
	}
	profile, err := store.ProfileOf(current)
	if err != nil {
		profile = store.Profile{} // the change itself reads it again, and fails
	}
	was := profile.PhoneProved
	for _, s := range d.settings {
		*s.Text(&profile) = s.text
	}
	d.numberVouch = vouchOf("phone_number_verified", in.PhoneVerified, profile.PhoneNumber, was, actor, current.ID, faults)
	if d.numberVouch != nil && d.numberVouch.proved && profile.PhoneNumber == "" {
		faults.Add("phone_number_verified", nothingThere)
	}
}

// vouchOf returns the vouch that f asks for, or nil. Many front ends send back all fields
// that they were shown, so a flag that is as it was asks for nothing: beside it, a new
// address is not verified. The command line sends only what was typed.
func vouchOf(name string, f fields.Flag, about string, was bool, actor authz.Actor, target int64, faults *fields.Errors) *vouch {
	switch {
	case f.Problem != "":
		faults.Add(name, f.Problem)
	case !f.Sent, f.Value == was && !actor.Operator:
	case authz.Verify(actor, target) != nil:
		faults.Add(name, othersVerify)
	default:
		return &vouch{about, f.Value}
	}
	return nil
}
