package account_test

import (
	"errors"
	"testing"

	"gatehouse/internal/account"
	"gatehouse/internal/authz"
	"gatehouse/internal/fields"
	"gatehouse/internal/version"
	"gatehouse/store"
)

// What an administrator saw before deleting a person, or resetting their factors, is still so
// when it happens.
func TestAPersonWhoChangedSinceTheyWereShownIsNotDeletedNorReset(t *testing.T) {
	w := open(t)
	ann := w.person("ann", store.RoleUser)
	shown, err := account.Version(ann)
	if err != nil {
		t.Fatalf("tagging ann: %v", err)
	}
	if _, err := w.Change(t.Context(), authz.Operator, ann, account.Input{FirstName: fields.Given("Ann")}, false); err != nil {
		t.Fatalf("changing ann: %v", err)
	}
	acts := map[string]func(version.Tag) error{
		"a reset":    func(tag version.Tag) error { return w.ResetFactors(t.Context(), authz.Operator, ann.ID, tag) },
		"a deletion": func(tag version.Tag) error { return w.Delete(t.Context(), authz.Operator, ann.ID, tag) },
	}
	for name, act := range acts {
		if err := act(shown); !errors.Is(err, version.ErrChanged) {
			t.Errorf("%s of somebody who has changed: err = %v, want ErrChanged", name, err)
		}
	}
	now, err := account.Version(w.read(ann.ID))
	if err != nil {
		t.Fatalf("tagging ann again: %v", err)
	}
	for _, name := range []string{"a reset", "a deletion"} {
		if err := acts[name](now); err != nil {
			t.Errorf("%s of somebody as they are: err = %v, want none", name, err)
		}
	}
}
