package web

import (
	"net/http/httptest"
	"strings"
	"testing"
)

func TestPagesEscapeWhatPeopleType(t *testing.T) {
	const evil = `"><svg/onload=alert(1)>{{7*7}}`
	w := httptest.NewRecorder()
	err := Setup.Render(w, 422, SetupData{Token: evil, Username: evil, Email: evil, Errors: map[string][]string{"": {evil}, "username": {evil}}})
	if err != nil {
		t.Fatal(err)
	}
	if body := w.Body.String(); strings.Contains(body, "<svg/onload") {
		t.Errorf("the page runs what was typed:\n%s", body)
	}
}

func TestPagesNeedNoInlineCode(t *testing.T) {
	render := []func(*httptest.ResponseRecorder) error{
		func(w *httptest.ResponseRecorder) error { return Home.Render(w, 200, HomeData{Issuer: "https://i"}) },
		func(w *httptest.ResponseRecorder) error { return Setup.Render(w, 200, SetupData{}) },
		func(w *httptest.ResponseRecorder) error { return SetupDone.Render(w, 200, SetupDoneData{}) },
		func(w *httptest.ResponseRecorder) error { return Problem.Render(w, 500, ProblemData{}) },
	}
	for _, f := range render {
		w := httptest.NewRecorder()
		if err := f(w); err != nil {
			t.Fatal(err)
		}
		for _, forbidden := range []string{"<script", "<style", "style=", " onclick", "http://www.google"} {
			if strings.Contains(w.Body.String(), forbidden) {
				t.Errorf("page contains %s, which the Content-Security-Policy refuses", forbidden)
			}
		}
	}
}
