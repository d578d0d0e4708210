package api

import (
	"reflect"
	"strconv"
	"strings"
)

// A Shape is an answer whose members come from a list. It is encoded in the order of
// the list, and as fast as a struct that is declared in code.
type Shape struct {
	of reflect.Type
	at [][]int
}

// A Member is an entry of the list: a name, which may carry the options of a JSON tag,
// and a pointer to a value of its type. The name "address.country" is a member of the
// object "address"; the members of an object are consecutive.
type Member struct {
	Name string
	Of   any
}

// NewShape returns a shape that has the fields of the struct first, and then the members
// of the list.
func NewShape(first any, list []Member) Shape {
	of, at := shapeOf(list, reflect.StructField{Name: "First", Type: reflect.TypeOf(first), Anonymous: true})
	return Shape{of, at}
}

// shapeOf returns a struct type with the fields all and the members of the list, and the
// index of each member.
func shapeOf(list []Member, all ...reflect.StructField) (of reflect.Type, at [][]int) {
	for len(list) > 0 {
		name, n := list[0].Name, 1
		field := reflect.TypeOf(list[0].Of).Elem()
		inner := [][]int{nil}
		if object, _, within := strings.Cut(name, "."); within {
			name, n = object, 0
			var parts []Member
			for n < len(list) && strings.HasPrefix(list[n].Name, object+".") {
				parts = append(parts, Member{strings.TrimPrefix(list[n].Name, object+"."), list[n].Of})
				n++
			}
			field, inner = shapeOf(parts)
		}
		for _, path := range inner {
			at = append(at, append([]int{len(all)}, path...))
		}
		all = append(all, reflect.StructField{
			Name: "M" + strconv.Itoa(len(all)), Type: field, Tag: reflect.StructTag(`json:"` + name + `"`),
		})
		list = list[n:]
	}
	return reflect.StructOf(all), at
}

// Fill returns the answer with first and with the values behind the pointers, one for
// each member of the list.
func (s Shape) Fill(first any, pointers func(i int) any) any {
	answer := reflect.New(s.of)
	answer.Elem().Field(0).Set(reflect.ValueOf(first))
	for i, at := range s.at {
		answer.Elem().FieldByIndex(at).Set(reflect.ValueOf(pointers(i)).Elem())
	}
	return answer.Interface()
}
