package challenge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"

	"gatehouse/internal/account"
	"gatehouse/internal/factor"
	"gatehouse/internal/oauth"
	"gatehouse/internal/passkey"
	"gatehouse/internal/signin"
	"gatehouse/store"
)

// Answer takes one step of a sign-in. The client has authenticated; values are its form. An
// error is an *oauth.Error, a *throttle.Limited or a fault of ours.
func (e *Endpoint) Answer(ctx context.Context, client store.Client, values url.Values) (Answer, error) {
	client, err := e.entitled(ctx, client)
	if err != nil {
		return Answer{}, err
	}
	req := &request{client: client, form: values}
	answer, err := e.step(ctx, req)
	if errors.Is(err, errGone) {
		return refuse(oauth.InvalidSession, false), nil
	}
	return answer, err
}

// step finds out where the sign-in stands, and goes on from there.
func (e *Endpoint) step(ctx context.Context, req *request) (Answer, error) {
	token := req.form.Get("auth_session")
	if token == "" {
		if err := e.read(ctx, req, nil); err != nil {
			return Answer{}, err
		}
		return e.first(ctx, req)
	}
	w, err := e.find(ctx, req, token)
	switch {
	case err != nil:
		return Answer{}, err
	case w == nil:
		return e.first(ctx, req)
	case req.form.Has("passkey"):
		return e.secondPasskey(ctx, req, *w, token)
	}
	return e.second(ctx, req, *w, token)
}

// first takes what can begin a sign-in: a passkey, or a name with its password and, if the
// app knows that it will be asked, a second factor.
func (e *Endpoint) first(ctx context.Context, req *request) (Answer, error) {
	if name := req.form.Get("username"); name != "" {
		req.asked.Name = name
	}
	password := req.form.Get("password")
	if !req.form.Has("passkey") && (password == "" || req.asked.Name == "") {
		return e.ask(ctx, req, false)
	}
	if err := e.count(ctx, req); err != nil {
		return Answer{}, err
	}
	proof, err := e.prove(ctx, req, password)
	if refused(err) {
		return e.ask(ctx, req, true)
	}
	if err != nil {
		return Answer{}, err
	}
	return e.complete(ctx, req, proof)
}

// refused reports whether an error says that what was shown is not right.
func refused(err error) bool {
	return errors.Is(err, account.ErrCredentials) || errors.Is(err, passkey.ErrRefused) || errors.Is(err, passkey.ErrOff) || errors.Is(err, factor.ErrWrong) ||
		errors.Is(err, signin.ErrCredentialsChanged) || errors.Is(err, signin.ErrFactorUsed)
}

func (e *Endpoint) prove(ctx context.Context, req *request, password string) (signin.Proof, error) {
	if answer := req.form.Get("passkey"); answer != "" {
		return e.Passkeys.Answered(ctx, req.client.ID, signin.ByChallenge, []byte(answer))
	}
	return e.People.CheckPassword(ctx, req.asked.Name, password, signin.ByChallenge)
}

// complete goes on from a first factor that was right.
func (e *Endpoint) complete(ctx context.Context, req *request, proof signin.Proof) (Answer, error) {
	switch proof.Lacks {
	case signin.LacksNothing:
		return e.issue(ctx, req, proof)
	case signin.LacksEnrolment:
		answer := refuse(oauth.RedirectToWeb, false)
		answer.Web = req.asked.forBrowser()
		return answer, nil
	}
	if a := req.answer(); !a.Empty() {
		found, err := e.Factors.Check(ctx, proof.User, proof.Method, a)
		if refused(err) {
			return e.wait(ctx, req, proof, true)
		}
		if err != nil {
			return Answer{}, err
		}
		return e.issue(ctx, req, proof.With(found, e.Now()))
	}
	return e.wait(ctx, req, proof, false)
}

// wait keeps a proof that lacks a second factor, and asks for that.
func (e *Endpoint) wait(ctx context.Context, req *request, proof signin.Proof, wrong bool) (Answer, error) {
	onward, err := json.Marshal(req.asked)
	if err != nil {
		return Answer{}, fmt.Errorf("encoding what an app asked for: %w", err)
	}
	token, err := e.Factors.Begin(ctx, proof, req.client.ID, onward)
	if err != nil {
		return Answer{}, err
	}
	return e.askFactor(ctx, req, proof.User, token, wrong)
}

// second takes the second factor of a sign-in that waits for it.
func (e *Endpoint) second(ctx context.Context, req *request, w factor.Waiting, token string) (Answer, error) {
	if req.answer().Empty() {
		return e.askFactor(ctx, req, w.Proof.User, token, false)
	}
	proof, err := e.Factors.Answer(ctx, w, req.answer())
	switch {
	case errors.Is(err, factor.ErrGone):
		return Answer{}, errGone
	case refused(err):
		return e.askFactor(ctx, req, w.Proof.User, token, true)
	case err != nil:
		return Answer{}, err
	}
	return e.issue(ctx, req, proof)
}

// secondPasskey takes a passkey in place of the second factor: of the same person, so that
// nobody ends up in another account than the name that they entered.
func (e *Endpoint) secondPasskey(ctx context.Context, req *request, w factor.Waiting, token string) (Answer, error) {
	proof, err := e.prove(ctx, req, "")
	switch {
	case refused(err) || err == nil && proof.User.ID != w.Proof.User.ID:
		return e.askFactor(ctx, req, w.Proof.User, token, true)
	case err != nil:
		return Answer{}, err
	}
	proof.Uses = slices.Concat(w.Proof.Uses, proof.Uses)
	return e.issue(ctx, req, proof)
}
