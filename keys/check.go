package keys

import "gatehouse/store"

// Check reports why masters do not open the keys of a record: a *WrongMasterKey,
// or the first that is damaged. It changes nothing.
func Check(masters MasterKeys, records []store.SigningKey) error {
	r := &Ring{options: Options{Masters: masters, Signer: plainSigner}}
	for _, k := range records {
		if _, err := r.open(k); err != nil {
			return err
		}
	}
	return nil
}
