package token

import "fmt"

// The reasons for which a token is refused. Each is an ErrInvalid. The exact fault is
// wrapped with it, for the log.
var (
	// ErrInvalid: the token is not valid.
	ErrInvalid error = refusal("invalid token")
	// ErrExpired: the token was valid but has expired.
	ErrExpired error = refusal("expired token")
	// ErrEarly: the token is ours, but from a time that our clock has not reached.
	ErrEarly error = refusal("token of a later time")
	// ErrWrongType: the token is ours, but of another kind than the caller expects.
	ErrWrongType error = refusal("token of another type")
)

type refusal string

func (r refusal) Error() string { return "token: " + string(r) }

// Is reports that every refusal is an ErrInvalid.
func (r refusal) Is(target error) bool { return target == ErrInvalid }

func because(kind error, reason string, args ...any) error {
	return fmt.Errorf("%w: %w", kind, fmt.Errorf(reason, args...))
}
