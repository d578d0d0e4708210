package sqlstore

import "gatehouse/store"

// signInColumns are the columns of a sign-in, in every table that holds one.
var signInColumns = []column[store.SignIn]{
	col("auth_time", func(s *store.SignIn) any { return (*moment)(&s.At) }),
	col("acr", func(s *store.SignIn) any { return &s.ACR }),
	col("amr", func(s *store.SignIn) any { return (*texts)(&s.AMR) }),
}
