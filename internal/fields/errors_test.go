package fields

import (
	"encoding/json"
	"errors"
	"testing"
)

func TestErrorsKeepTheOrderOfTheFields(t *testing.T) {
	var e Errors
	if err := e.Err(); err != nil {
		t.Fatalf("empty Errors are an error: %v", err)
	}
	e.Add("username", Blank)
	e.Add("email")
	e.Add("password", "one")
	e.Add("username", "two")
	got, err := json.Marshal(&e)
	if want := `{"username":["This field may not be blank.","two"],"password":["one"]}`; err != nil || string(got) != want {
		t.Errorf("json = %s, %v; want %s", got, err, want)
	}
	var back *Errors
	if !errors.As(e.Err(), &back) || back.Error() != "refused fields: username, password" {
		t.Errorf(`Err = %v, want "refused fields: username, password"`, e.Err())
	}
}
