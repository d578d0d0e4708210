package store

// A Generation counts the ends of all that was founded on a user, a client, or a
// consent: 0 before the first end. An end raises it, to Unix milliseconds at least, and
// no number is given twice, because the number of a deleted client or a withdrawn
// consent stays on record.
type Generation int64

// Unread stands for a generation that the caller has not read. The store writes the one
// that counts at that moment.
const Unread Generation = -1

// A Foundation holds the generations on which something was founded: an authorization
// code, a device's approval, or a session. It is dead once one of them has been raised,
// and nothing that is founded on it lives.
//
// A caller that decides by a record uses the generation that came with that record. An
// end that is committed after the decision then ends what the decision founds, however
// late that is written.
type Foundation struct {
	User, Client, Consent Generation
}
