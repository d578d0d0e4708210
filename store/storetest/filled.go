package storetest

import (
	"reflect"
	"slices"
	"testing"

	"gatehouse/store"
)

// filled wants every field of a record to have a value, except for those named: a
// back-end that drops a field still returns its zero value correctly. Of a list, only the
// first element counts.
func filled(t *testing.T, record any, except ...string) {
	t.Helper()
	name := reflect.TypeOf(record).Name()
	empty := emptyFields(name, reflect.ValueOf(record))
	for i, field := range except {
		except[i] = name + "." + field
	}
	for _, field := range empty {
		if !slices.Contains(except, field) {
			t.Errorf("%s has no value, want one: a back-end that drops the field returns zero correctly", field)
		}
	}
	for _, field := range except {
		if !slices.Contains(empty, field) {
			t.Errorf("%s has a value, or is not a field; want no exception for it", field)
		}
	}
}

// emptyFields returns the paths of the fields that are zero.
func emptyFields(path string, v reflect.Value) (empty []string) {
	switch {
	case v.IsZero(), v.Kind() == reflect.Slice && v.Len() == 0:
		return []string{path}
	case v.Kind() == reflect.Slice:
		return emptyFields(path+"[0]", v.Index(0))
	case v.Kind() != reflect.Struct || v.Type().PkgPath() != reflect.TypeFor[store.User]().PkgPath():
		return nil // such as time.Time, which counts as one value
	}
	for field, value := range v.Fields() {
		empty = append(empty, emptyFields(path+"."+field.Name, value)...)
	}
	return empty
}
