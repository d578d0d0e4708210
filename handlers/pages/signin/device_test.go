package signin_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/apis"
	"gatehouse/internal/grant"
	"gatehouse/internal/oauth/device"
	"gatehouse/store"
)

// began returns the answer to a television, which now waits to be connected.
func (s *site) began() device.Answer {
	s.t.Helper()
	tv, err := s.db.ClientByID(s.t.Context(), "tv")
	if err != nil {
		tv = s.app("tv", func(c *store.Client) { c.Name, c.GrantTypes = "Living Room TV", []string{grant.DeviceCode} })
	}
	answer, err := s.devices.Begin(s.t.Context(), tv, apis.Asked{Scope: "openid email"})
	s.must("beginning as a device", err)
	return answer
}

func TestADeviceIsConnectedOrRefused(t *testing.T) {
	s := open(t)
	for answer, words := range map[string]string{"allow": "Device connected", "deny": "Device refused"} {
		code := s.began().UserCode
		v := s.visitor()
		login := v.get("/device?user_code="+strings.ToLower(strings.ReplaceAll(code, "-", ""))).shows(http.StatusOK, "<h1>Sign in</h1>")
		question := v.signIn(login, "ann").shows(http.StatusOK, "Living Room TV", code, "just now", "Not you?")
		v.post("/device", question, "answer", answer).shows(http.StatusOK, words, "Living Room TV")
		v.post("/device", question, "answer", answer).shows(http.StatusUnprocessableEntity) // it has been used
	}
}

// A person who has not typed the code yet is asked for it after the sign-in.
func TestTheDevicePageAsksForTheCode(t *testing.T) {
	v := open(t).visitor()
	login := v.get("/device").shows(http.StatusOK, "<h1>Sign in</h1>")
	v.signIn(login, "ann").shows(http.StatusOK, `name="user_code"`)
	v.get("/device").shows(http.StatusOK, `name="user_code"`)
	v.get("/device?user_code=BBBB-BBBB").shows(http.StatusUnprocessableEntity, "is unknown", "BBBB-BBBB")
}

func TestAnAnswerAfterTheSignOutLeadsToTheSignIn(t *testing.T) {
	s := open(t)
	code := s.began().UserCode
	v := s.visitor()
	v.post("/device", page{}, "user_code", code, "answer", "allow").shows(http.StatusOK, "<h1>Sign in</h1>")
	v.signIn(v.get("/device?user_code="+code), "ann").shows(http.StatusOK, "Living Room TV") // nothing was decided
}

func TestGuessingCodesIsThrottled(t *testing.T) {
	s := open(t)
	v := s.visitor()
	v.signIn(v.get("/login"), "ann").shows(http.StatusOK, "ann@example.com")
	for range s.limits.Rules.UserCode.Free {
		v.get("/device?user_code=BBBB-BBBB").shows(http.StatusUnprocessableEntity)
	}
	limited := v.get("/device?user_code=BBBB-BBBB").shows(http.StatusTooManyRequests, "Too many wrong codes. Please wait ")
	if limited.header.Get("Retry-After") == "" {
		t.Error("Retry-After = \"\", want seconds")
	}
}

func TestTheQuestionSaysHowLongTheDeviceHasWaited(t *testing.T) {
	s := open(t)
	code := s.began().UserCode
	s.wait(2 * time.Minute)
	v := s.visitor()
	v.signIn(v.get("/device?user_code="+code), "ann").shows(http.StatusOK, "2 minutes ago")
}

// The person signs in again for something sensitive, and the request goes on.
func TestADeviceAsksForSomethingSensitive(t *testing.T) {
	s := open(t)
	s.orders()
	tv := s.app("tv", func(c *store.Client) {
		c.Name, c.GrantTypes, c.Scope = "Living Room TV", []string{grant.DeviceCode}, "openid https://orders.example#pay"
	})
	v := s.visitor()
	v.signIn(v.get("/login"), "ann")
	s.wait(11 * time.Minute)
	answer, err := s.devices.Begin(t.Context(), tv, apis.Asked{})
	s.must("beginning as a device", err)
	login := v.get("/device?user_code="+answer.UserCode).shows(http.StatusOK, "<h1>Sign in</h1>", "Type your password again")
	question := v.signIn(login, "ann").shows(http.StatusOK, "Living Room TV", "Place orders that you pay for", "sensitive")
	s.wait(11 * time.Minute)
	v.post("/device", question, "answer", "allow").shows(http.StatusUnprocessableEntity) // the code has expired
	answer, err = s.devices.Begin(t.Context(), tv, apis.Asked{})
	s.must("beginning as a device", err)
	v.post("/device", question, "user_code", answer.UserCode, "answer", "allow").shows(http.StatusOK, "Type your password again")
}
