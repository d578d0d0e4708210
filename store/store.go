// Package store says what Gatehouse remembers and what a memory must promise.
//
// It holds the records and the interfaces, and imports nothing of ours. The
// back-ends sqlstore and redisstore implement them; the promises are tested, for
// every back-end alike, by storetest.
package store

import "context"

// A DB is the record of everything that must survive: people, sessions,
// clients, keys, audit. It is SQL.
type DB interface {
	Users
	Sessions
	Bootstraps
	Clients
	Keys
	AuditLog
	RevokedTokens
	AuthCodes
	Browsers
	Consents
	PushedRequests
	Devices
	OneTime
	Notices
	Epochs

	// Write runs f in one transaction. Nothing that f did through its Tx remains
	// if f or the commit fails. f may be run again, at most twice, when the
	// database gives up on it through no fault of its own (deadlock, lock wait,
	// busy): f must have no effect but through its Tx and on variables that it
	// sets anew in each run.
	Write(ctx context.Context, f func(Tx) error) error

	// Ping asks whether the database answers.
	Ping(ctx context.Context) error
}

// A Tx is a transaction in progress.
type Tx interface {
	UsersTx
	SessionsTx
	ClientsTx
	BootstrapTx
	CodesTx
	BrowsersTx
	ConsentsTx
	DevicesTx
	NoticesTx
	EpochTx

	// Audit writes the events in this transaction: no row, no act. Many at once cost
	// little more than one.
	Audit(events ...AuditEvent) error
}
