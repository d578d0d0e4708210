package version_test

import (
	"errors"
	"testing"

	"gatehouse/internal/version"
)

func TestATagHoldsUntilTheThingChanges(t *testing.T) {
	type thing struct{ Name string }
	tag, err := version.Of(thing{"a"})
	if err != nil || tag == "" {
		t.Fatalf("tag %q, %v; want one", tag, err)
	}
	if err := tag.Check(thing{"a"}); err != nil {
		t.Errorf("the same thing: %v, want no error", err)
	}
	if err := tag.Check(thing{"b"}); !errors.Is(err, version.ErrChanged) {
		t.Errorf("a changed thing: %v, want %v", err, version.ErrChanged)
	}
	if err := version.Tag("").Check(thing{"b"}); err != nil {
		t.Errorf("without a tag: %v, want no error", err)
	}
	if _, err := version.Of(func() {}); err == nil {
		t.Error("a thing that is not JSON has a tag, want an error")
	}
}
