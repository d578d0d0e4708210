package passkey

import (
	_ "embed"
	"encoding/json"
	"sync"

	"github.com/google/uuid"
)

//go:embed names.json
var namesJSON []byte

// names are the names of authenticators by AAGUID, those that most people have.
var names = sync.OnceValue(func() map[string]string {
	table := map[string]string{}
	if err := json.Unmarshal(namesJSON, &table); err != nil {
		panic(err) // cannot happen: the file is embedded, and a test reads it
	}
	return table
})

// nameOf returns the name of the authenticator with that AAGUID, or "Passkey". An
// authenticator may keep its kind to itself (WebAuthn Level 3 §6.5.1).
func nameOf(aaguid []byte) string {
	id, err := uuid.FromBytes(aaguid)
	if name := names()[id.String()]; err == nil && name != "" {
		return name
	}
	return "Passkey"
}
