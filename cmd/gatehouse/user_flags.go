package main

import (
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"gatehouse/internal/account"
	"gatehouse/internal/fields"
	"gatehouse/internal/profile"
)

// userFlags has a flag for each attribute of a person, those of the profile included.
type userFlags struct {
	// texts has the values of the flags, by the flag's name.
	texts    map[string]*string
	switches map[string]*bool
}

// accountTexts are the texts of the account that have a flag.
var accountTexts = []struct {
	flag, usage string
	sent        func(*account.Input) *fields.Text
}{
	{"username", "`name` to sign in with", func(in *account.Input) *fields.Text { return &in.Username }},
	{"email", "e-mail `address`", func(in *account.Input) *fields.Text { return &in.Email }},
	{"role", "`role`: " + strings.Join(roles(), ", "), func(in *account.Input) *fields.Text { return &in.Role }},
	{"first-name", "first `name`", func(in *account.Input) *fields.Text { return &in.FirstName }},
	{"last-name", "last `name`", func(in *account.Input) *fields.Text { return &in.LastName }},
}

// accountSwitches are the booleans of the account that have a flag.
var accountSwitches = []struct {
	flag, usage string
	standard    bool
	sent        func(*account.Input) *fields.Flag
}{
	{"active", "the person can sign in; --active=false blocks them and ends their sessions", true, func(in *account.Input) *fields.Flag { return &in.Active }},
	{"email-verified", "the e-mail address is proved to be theirs; a new address is not, unless this says so", false, func(in *account.Input) *fields.Flag { return &in.EmailVerified }},
	{"phone-number-verified", "likewise, for the phone number", false, func(in *account.Input) *fields.Flag { return &in.PhoneVerified }},
}

func (f *userFlags) add(set *pflag.FlagSet) {
	set.SortFlags = false
	f.texts = map[string]*string{}
	for _, t := range accountTexts {
		f.texts[t.flag] = set.String(t.flag, "", t.usage)
	}
	f.switches = map[string]*bool{}
	for _, s := range accountSwitches {
		f.switches[s.flag] = set.Bool(s.flag, s.standard, s.usage)
	}
	for _, a := range profile.Texts {
		name := flagOf(a.Name)
		f.texts[name] = set.String(name, "", strings.ReplaceAll(name, "-", " ")+"; for example "+exampleOf(a))
	}
}

// flagOf returns the flag of a field: address.postal_code is --address-postal-code.
func flagOf(field string) string { return strings.NewReplacer("_", "-", ".", "-").Replace(field) }

// exampleOf returns the attribute's example on one line.
func exampleOf(a profile.Attribute) string {
	if quoted := strconv.Quote(a.Example); strings.Contains(quoted, `\`) {
		return quoted
	}
	return a.Example
}

// input returns the attributes whose flags were given.
func (f *userFlags) input(set *pflag.FlagSet) account.Input {
	in := account.Input{Attributes: account.Attributes{}}
	for _, t := range accountTexts {
		if set.Changed(t.flag) {
			*t.sent(&in) = fields.Given(*f.texts[t.flag])
		}
	}
	for _, s := range accountSwitches {
		if set.Changed(s.flag) {
			*s.sent(&in) = fields.On(*f.switches[s.flag])
		}
	}
	for _, a := range profile.Texts {
		if name := flagOf(a.Name); set.Changed(name) {
			in.Attributes[a.Name] = fields.Given(*f.texts[name])
		}
	}
	return in
}
