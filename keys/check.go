package keys

import "gatehouse/store"

// Check reports why masters do not open the signing keys: a *WrongMasterKey, or
// an error that names the first damaged key. It changes nothing.
func Check(masters MasterKeys, records []store.SigningKey) error {
	r := &Ring{options: Options{Masters: masters, Signer: plainSigner}}
	for _, k := range records {
		if _, err := r.open(k); err != nil {
			return err
		}
	}
	return nil
}
