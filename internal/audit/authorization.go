package audit

// ConsentGranted: a person let an app have a scope.
type ConsentGranted struct {
	Scope string `json:"scope"`
}

// DeviceDecided: a person let a device in, or did not (RFC 8628).
type DeviceDecided struct {
	Allowed bool   `json:"allowed"`
	Scope   string `json:"scope"`
	From    string `json:"from"` // the device's address
}

// Kind implements Kind.
func (ConsentGranted) Kind() string { return "consent.granted" }

// Kind implements Kind.
func (DeviceDecided) Kind() string { return "device.decided" }
