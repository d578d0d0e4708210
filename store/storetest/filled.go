package storetest

import (
	"reflect"
	"slices"
	"testing"

	"gatehouse/store"
)

// filled wants every field of a record to have a value, but for those named: a zero
// field comes back as it was even where it is dropped. Of a list the first element
// counts.
func filled(t *testing.T, record any, except ...string) {
	t.Helper()
	name := reflect.TypeOf(record).Name()
	empty := emptyFields(name, reflect.ValueOf(record))
	for i, field := range except {
		except[i] = name + "." + field
	}
	for _, field := range empty {
		if !slices.Contains(except, field) {
			t.Errorf("%s has no value, want one: a zero field comes back as it was even where it is dropped", field)
		}
	}
	for _, field := range except {
		if !slices.Contains(empty, field) {
			t.Errorf("%s has a value, or is no field; want no exception for it", field)
		}
	}
}

// emptyFields are the paths of the fields that are zero.
func emptyFields(path string, v reflect.Value) (empty []string) {
	switch {
	case v.IsZero(), v.Kind() == reflect.Slice && v.Len() == 0:
		return []string{path}
	case v.Kind() == reflect.Slice:
		return emptyFields(path+"[0]", v.Index(0))
	case v.Kind() != reflect.Struct || v.Type().PkgPath() != reflect.TypeFor[store.User]().PkgPath():
		return nil // a time, for one, is whole
	}
	for field, value := range v.Fields() {
		empty = append(empty, emptyFields(path+"."+field.Name, value)...)
	}
	return empty
}
