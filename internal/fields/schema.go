package fields

// A Schema describes a value in the API document (JSON Schema, as OpenAPI 3.1 uses
// it). Fields that are zero are left out.
type Schema struct {
	Ref string `json:"$ref,omitempty"`
	// Type is one name or a list of names; "null" is a type of its own.
	Type             any      `json:"type,omitempty"`
	Description      string   `json:"description,omitempty"`
	Enum             []string `json:"enum,omitempty"`
	Items            *Schema  `json:"items,omitempty"`
	MinLength        int      `json:"minLength,omitempty"`
	MaxLength        int      `json:"maxLength,omitempty"`
	MaxItems         int      `json:"maxItems,omitempty"`
	Minimum          *int64   `json:"minimum,omitempty"`
	Maximum          *int64   `json:"maximum,omitempty"`
	Pattern          string   `json:"pattern,omitempty"`
	ContentMediaType string   `json:"contentMediaType,omitempty"`
}

// Component returns a reference to a named schema of the API document.
func Component(name string) Schema { return Schema{Ref: "#/components/schemas/" + name} }

// Saying returns s with a description, unless that is empty.
func (s Schema) Saying(description string) Schema {
	if description != "" {
		s.Description = description
	}
	return s
}
