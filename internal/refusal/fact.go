// Package refusal says why requests are refused, in words that lead to the mistake. The check
// that refuses names the kind of mistake and what it compared; a Recorder keeps that for a
// week, in bounded number and off the request's path; the catalogue explains it.
//
// What is kept never has what a person typed, and neither secrets nor tokens nor codes: the
// checks name only what they know, and of the parameters only those are kept that cannot
// hold such a thing (Sent).
package refusal

import (
	"errors"

	"gatehouse/internal/reqctx"
)

// A Kind is a kind of mistake. Kinds are kept, so they never change their meaning.
type Kind string

// A Fact is what a check found.
type Fact struct {
	Kind Kind
	// Given is what the app sent, and Expected what would have passed; empty where there is
	// nothing to show. They must be safe to show to administrators: see Address and Word.
	Given, Expected string
	// Reason is one word for administrators, where others must not know.
	Reason string
	// UserID is the person concerned; 0: nobody, or unknown.
	UserID int64
}

// Error implements error.
func (f *Fact) Error() string { return string(f.Kind) }

// SignIn is the code of a sign-in that was refused, where the caller gets no code.
const SignIn = "sign_in"

// found is an error with a fact.
type found struct {
	error
	fact *Fact
}

// Unwrap lets errors.As find the fact before those of the causes.
func (f *found) Unwrap() []error { return []error{f.fact, f.error} }

// With returns err with what the check found. Its text stays the same.
func With(err error, f Fact) error {
	if err == nil {
		return nil
	}
	return &found{err, &f}
}

// Else is With for an error that may say already what was found.
func Else(err error, f Fact) error {
	if Kept(err) {
		return err
	}
	return With(err, f)
}

// factOf returns the fact in the chain of err, or one for the code that the caller gets.
func factOf(err error, code string) Fact {
	if f, ok := errors.AsType[*Fact](err); ok {
		return *f
	}
	return Fact{Kind: other(code)}
}

// Kept reports whether err has a fact, so that it is to be explained.
func Kept(err error) bool {
	_, ok := errors.AsType[*Fact](err)
	return ok
}

// of completes a fact by what is known of the request.
func (f Fact) of(info *reqctx.Info) Fact {
	if f.UserID == 0 {
		f.UserID = info.UserID
	}
	return f
}
