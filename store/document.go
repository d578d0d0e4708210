package store

import (
	"context"
	"time"
)

// A ClientDocument is what is kept of a client ID metadata document
// (draft-ietf-oauth-client-id-metadata-document) besides the client that it describes, which
// has OriginDocument.
type ClientDocument struct {
	// ClientID is the URL of the document.
	ClientID string
	// Digest is that of its text.
	Digest    Digest
	FetchedAt time.Time
	// FreshUntil is when it must be fetched again before the client may ask for anything.
	FreshUntil time.Time
	// Network is the one whose request first led to the document.
	Network string
	// AllowedAt is when a person first allowed the client anything; zero: nobody has.
	AllowedAt time.Time
	// AskSince is when the document last changed in a way that a person must be asked about:
	// consents given earlier are not enough. Zero: it has not.
	AskSince time.Time
}

// ClientDocuments reads what is kept of documents.
type ClientDocuments interface {
	// ClientDocument returns ErrNotFound for a client that has none.
	ClientDocument(ctx context.Context, clientID string) (ClientDocument, error)
	// SweepClientDocuments deletes at most n clients whose documents were fresh until before
	// limit, and the documents. It spares a client that is disabled, and one that has a
	// consent, session, code, device or pushed request.
	SweepClientDocuments(ctx context.Context, limit time.Time, n int) (int64, error)
}

// ClientDocumentsTx changes what is kept of documents.
type ClientDocumentsTx interface {
	// LockClientDocument returns the document, or ErrNotFound. Other writers of the document
	// wait until the transaction ends.
	LockClientDocument(clientID string) (ClientDocument, error)
	// PutClientDocument adds the document, or replaces the one of the client.
	PutClientDocument(d ClientDocument) error
	// AllowClientDocument sets AllowedAt, if it is zero. The client stays until the
	// transaction ends; ErrNotFound says that it has been deleted.
	AllowClientDocument(clientID string, at time.Time) error
	// DropClientDocument deletes the document, or returns ErrNotFound. The client stays.
	DropClientDocument(clientID string) error
	// CrowdOutClientDocuments deletes the longest known clients with documents that nobody
	// allowed anything, until another one fits into the room. It spares a client that is
	// disabled, and one that has a consent, session, code or device that was approved. It
	// returns ErrFull if too few are left to delete.
	CrowdOutClientDocuments(room DocumentRoom) error
}

// A DocumentRoom bounds the documents of clients that nobody has allowed anything.
type DocumentRoom struct {
	// Network is the network of the next one, and PerNetwork how many it may have.
	Network    string
	PerNetwork int
	// Total is how many there may be of all networks.
	Total int
}
