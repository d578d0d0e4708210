// Package store says what Gatehouse remembers and what a back-end must promise.
//
// It holds the records and the interfaces, and imports nothing of ours. The
// back-ends sqlstore and redisstore implement the interfaces, and storetest tests
// the promises on every back-end alike.
package store

import "context"

// A DB is the record of everything that must survive: people, sessions,
// clients, keys, audit. It is SQL.
type DB interface {
	Users
	Sessions
	Bootstraps
	Clients
	Registrations
	APIs
	ClientDocuments
	Keys
	AuditLog
	RevokedTokens
	AuthCodes
	Browsers
	Consents
	PushedRequests
	Passkeys
	Devices
	OneTime
	TOTPFactors
	RecoveryCodes
	Challenges
	Links
	Notices
	Mails
	RefusalLog
	Epochs
	Ends
	BulkJobs
	Upgrades
	HourlyCounts

	// Write runs f in one transaction. If f or the commit fails, nothing that f did
	// through its Tx remains. When the database gives up on the transaction through
	// no fault of f (deadlock, lock wait, busy), f may run again, at most twice. So f
	// may only act through its Tx and on variables that it sets anew in each run.
	Write(ctx context.Context, f func(Tx) error) error

	// Ping returns an error if the database does not answer.
	Ping(ctx context.Context) error
}

// A Tx is a transaction in progress.
type Tx interface {
	UsersTx
	SessionsTx
	ClientsTx
	RegistrationsTx
	APIsTx
	ClientDocumentsTx
	BootstrapTx
	CodesTx
	BrowsersTx
	ConsentsTx
	DevicesTx
	PasskeysTx
	LinksTx
	NoticesTx
	TOTPFactorsTx
	RecoveryCodesTx
	ChallengesTx
	MailsTx
	EpochTx
	EndsTx
	BulkJobsTx

	// Audit writes the events in this transaction, so an act without its events
	// cannot be committed. Many events at once cost little more than one.
	Audit(events ...AuditEvent) error
}
