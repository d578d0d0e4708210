package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"

	"gatehouse/handlers/operators"
	"gatehouse/internal/apis"
	"gatehouse/internal/authz"
	"gatehouse/internal/client"
	"gatehouse/internal/clock"
	"gatehouse/internal/fields"
	"gatehouse/internal/grant"
	"gatehouse/internal/oauth/discovery"
	"gatehouse/internal/oauth/grants"
	"gatehouse/internal/test/apicheck"
	"gatehouse/internal/test/testdb"
	"gatehouse/store"
	"gatehouse/store/sqlstore"
)

// everyPlace checks every reader of the list of grant types against types, and returns
// the complaints by place.
func everyPlace(t *testing.T, types grant.List) map[string]string {
	t.Helper()
	said := map[string]string{}
	for place, ask := range map[string]func(*testing.T, grant.List) error{
		"registration": registers, "token endpoint": answers, "metadata": advertises, "command line": explains, "API document": documents,
	} {
		if err := ask(t, types); err != nil {
			said[place] = err.Error()
		}
	}
	return said
}

// registers checks that an app can be registered for every type.
func registers(t *testing.T, types grant.List) error {
	_, _, err := registry(t, types).Create(t.Context(), authz.Operator, client.Input{
		Name: fields.Given("Shop"), FirstParty: fields.On(true), GrantTypes: fields.Listed(types.Names()...), RedirectURIs: fields.Listed("https://shop.example/"),
	})
	return err
}

func registry(t *testing.T, types grant.List) *client.Service {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	db, err := sqlstore.Open(t.Context(), sqlstore.Options{DSN: testdb.SQLite(t), Now: clock.Millis(time.Now), Log: log})
	if err != nil {
		t.Fatalf("opening the store: %v", err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatalf("migrating the store: %v", err)
	}
	return &client.Service{Grants: types, DB: db, APIs: &apis.Service{DB: db}, Now: clock.Millis(time.Now), Log: log}
}

// answers checks that the token endpoint has a step for every type that it answers.
func answers(_ *testing.T, types grant.List) error {
	_, err := grants.NewEngine(grants.Steps{Types: types})
	return err
}

// advertises checks that discovery names the types whose endpoints exist.
func advertises(_ *testing.T, types grant.List) error {
	document, err := discovery.Server{Grants: types, Endpoints: map[string]string{
		grant.TokenEndpoint: "/token", grant.AuthorizationEndpoint: "/authorize", grant.DeviceEndpoint: "/devices", grant.ChallengeEndpoint: "/challenge",
	}}.AuthorizationServer()
	if err != nil {
		return err
	}
	var got struct {
		Grants []string `json:"grant_types_supported"`
	}
	if err := json.Unmarshal(document, &got); err != nil {
		return err
	}
	for _, name := range types.Names() {
		if !slices.Contains(got.Grants, name) {
			return fmt.Errorf("the metadata does not name %s", name)
		}
	}
	return nil
}

// explains checks that the help names every type.
func explains(_ *testing.T, types grant.List) error {
	set := pflag.NewFlagSet("client create", pflag.ContinueOnError)
	new(clientFlags).add(set, types)
	for _, name := range types.Names() {
		if !strings.Contains(set.FlagUsages(), name) {
			return fmt.Errorf("the help does not name %s", name)
		}
	}
	return nil
}

// documents checks that every list of grant types in openapi.json is this one, and that
// a token request may name those that its endpoint answers.
func documents(_ *testing.T, types grant.List) error {
	faults, err := apicheck.Enums(operators.NewOpenAPI().Document(), types.Names(), map[string][]string{
		"/components/schemas/TokenRequest/properties/grant_type":     types.AnsweredAt(grant.TokenEndpoint).Names(),
		"/components/schemas/ChallengeRefusal/properties/next/items": {"otp", "passkey", "password", "recovery_code"}, // parameters, not grants
		// Those of clients that nobody vouches for.
		"/components/schemas/ClientMetadata/properties/grant_types/items":    {grant.AuthorizationCode, grant.RefreshToken, grant.DeviceCode},
		"/components/schemas/ClientInformation/properties/grant_types/items": {grant.AuthorizationCode, grant.RefreshToken, grant.DeviceCode},
	})
	if err != nil || len(faults) == 0 {
		return err
	}
	return faults[0]
}

func TestEveryPlaceAgreesOnTheGrantTypes(t *testing.T) {
	for place, got := range everyPlace(t, grant.Types()) {
		t.Errorf("%s: %s, want no complaint about the list of grant types", place, got)
	}
}

// TestAGrantTypeThatIsForgottenIsNamed adds a type to the list alone. Places that read
// the list agree with it; places that are written by hand complain and name the type.
func TestAGrantTypeThatIsForgottenIsNamed(t *testing.T) {
	for name, c := range map[string]struct {
		added grant.Type
		want  []string // the places that complain
	}{
		"answered at the token endpoint": {
			grant.Type{Name: "urn:example:new", Endpoint: grant.TokenEndpoint}, []string{"API document", "token endpoint"},
		},
		"answered at an endpoint that does not exist": {
			grant.Type{Name: "urn:example:new", Endpoint: "new_endpoint"}, []string{"API document", "metadata"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			said := everyPlace(t, append(grant.Types(), c.added))
			for place, got := range said {
				if !slices.Contains(c.want, place) {
					t.Errorf("%s: %s, want no complaint", place, got)
				}
			}
			for _, place := range c.want {
				if got := said[place]; !strings.Contains(got, c.added.Name) {
					t.Errorf("%s: complaint = %q, want one that names %s", place, got, c.added.Name)
				}
			}
		})
	}
}

func TestAGrantTypeThatIsUnknownCannotBeRegistered(t *testing.T) {
	known := grant.Types()
	last := known[len(known)-1].Name
	_, _, err := registry(t, known[:len(known)-1]).Create(t.Context(), authz.Operator, client.Input{Name: fields.Given("TV"), GrantTypes: fields.Listed(last)})
	want := []string{"Choose from " + strings.Join(known[:len(known)-1].Names(), ", ") + "."}
	faults, ok := errors.AsType[*fields.Errors](err)
	if !ok {
		t.Fatalf("registering for %s: error = %v, want faults of the fields", last, err)
	}
	if diff := cmp.Diff(want, faults.Of("grant_types")); diff != "" {
		t.Errorf("faults of grant_types when registering for %s (-want +got):\n%s", last, diff)
	}
}

func TestTheAPIDocumentListsTheAuthenticationMethods(t *testing.T) {
	faults, err := apicheck.Enums(operators.NewOpenAPI().Document(), store.AuthMethods(), nil)
	if err != nil {
		t.Fatalf("reading the document: %v", err)
	}
	for _, fault := range faults {
		t.Errorf("%v, want the methods of package store", fault)
	}
}
