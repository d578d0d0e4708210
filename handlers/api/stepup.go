package api

import (
	"fmt"

	"gatehouse/internal/signin"
)

// stepUp refuses a call for want of a better sign-in, as RFC 9470 §3 has it.
func stepUp(needs *signin.StepUp) *Unauthorized {
	return &Unauthorized{
		Body: detail{Detail: fmt.Sprintf("This needs a sign-in at most %d minutes old.", int(needs.MaxAge.Minutes())), Code: insufficientAuthentication},
		Code: insufficientAuthentication, Reason: needs,
	}
}

// parametersOf returns what the challenge says of the sign-in that a call needs.
func parametersOf(needs *signin.StepUp) string {
	return fmt.Sprintf(`, acr_values="%s", max_age="%d"`, needs.ACR, int(needs.MaxAge.Seconds()))
}

const insufficientAuthentication = "insufficient_user_authentication"
