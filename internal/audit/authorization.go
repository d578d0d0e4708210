package audit

// ConsentGranted is the event that a user granted a client a scope.
type ConsentGranted struct {
	Scope string `json:"scope"`
}

// DeviceDecided is the event that a user allowed or refused a device (RFC 8628).
type DeviceDecided struct {
	Allowed bool   `json:"allowed"`
	Scope   string `json:"scope"`
	From    string `json:"from"` // the device's address
}

// Kind implements Kind.
func (ConsentGranted) Kind() string { return "consent.granted" }

// Kind implements Kind.
func (DeviceDecided) Kind() string { return "device.decided" }
