package document

import "fmt"

// A Fault is why a document cannot be used, as a sentence for the developer of the client. It is ASCII without
// quotes (RFC 6749 §5.2), and names nothing that is inside.
type Fault string

// The faults. An address that may not be called is Unreachable, as one where nothing answers.
const (
	NotHTTPS    Fault = "Its address does not begin with https."
	NoPath      Fault = "Its address has no path."
	DotSegment  Fault = "Its address has a path segment of one or two dots."
	Fragment    Fault = "Its address has a fragment."
	UserInfo    Fault = "Its address has a user name or a password."
	NotAURL     Fault = "Its address is not a URL of one host, in visible ASCII characters."
	Ours        Fault = "Its address is one of this server or of an API."
	NotListed   Fault = "Its host is not one that this server accepts."
	Unreachable Fault = "Its document could not be fetched."
	Redirected  Fault = "Its document is at another address: redirects are not followed."
	NotOK       Fault = "Its document came with another status than 200."
	TooLong     Fault = "Its document has more than 5120 bytes."
	NotJSON     Fault = "Its document does not have the content type application/json."
	NotAnObject Fault = "Its document is not a JSON object whose members are named once each."
	OtherID     Fault = "The client_id in its document is not the address of the document."
	Secret      Fault = "Its document has a secret, which could not be one."
	NoMethod    Fault = "Its document names neither none nor private_key_jwt with keys as its way to authenticate."
	NoGrant     Fault = "Its document names no grant type that this server has for it."
)

// Member is the fault of a member of the document.
func Member(name string) Fault {
	return Fault("The member " + name + " of its document cannot be used.")
}

func (f Fault) Error() string { return string(f) }

// because returns the refusal. Only our log shows the reason.
func (f Fault) because(reason string, args ...any) *Refused {
	return &Refused{f, fmt.Sprintf(reason, args...)}
}

// Refused says that a document cannot be used. It does not unwrap to an error of the network:
// that a stranger's host does not answer says nothing of our own parts.
type Refused struct {
	Fault  Fault
	reason string
}

func (r *Refused) Error() string { return "a client's document was refused: " + r.reason }

// Unwrap lets errors.Is find the fault.
func (r *Refused) Unwrap() error { return r.Fault }
