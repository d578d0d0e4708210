package api

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAShapeIsWrittenInTheOrderOfItsList(t *testing.T) {
	type first struct {
		ID int `json:"id"`
	}
	nickname, proved, street, country := "Al", true, "St Aldate's", "GB"
	var never *string
	list := []Member{{"nickname", &nickname}, {"proved", &proved}, {"address.street", &street}, {"address.country", &country}, {"updated_at", &never}, {"secret,omitempty", new(string)}}
	got, err := json.Marshal(NewShape(first{}, list).Fill(first{7}, func(i int) any { return list[i].Of }))
	want := `{"id":7,"nickname":"Al","proved":true,"address":{"street":"St Aldate's","country":"GB"},"updated_at":null}`
	if diff := cmp.Diff(want, string(got)); err != nil || diff != "" {
		t.Errorf("error = %v (-want +got)\n%s", err, diff)
	}
}
