package keys

import (
	"fmt"

	"gatehouse/store"
)

// Check reports why master does not open the keys of a record: a *WrongMasterKey,
// or the first that is damaged. It changes nothing.
func Check(master MasterKey, records []store.SigningKey) error {
	r := &Ring{options: Options{Master: master, Signer: plainSigner}}
	for _, k := range records {
		if k.MasterKeyID != master.ID() {
			return &WrongMasterKey{Have: master.ID(), Want: k.MasterKeyID}
		}
		if _, err := r.unseal(k); err != nil {
			return fmt.Errorf("signing key %s is damaged: %w", k.ID, err)
		}
	}
	return nil
}
