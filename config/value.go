package config

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"gatehouse/internal/suggest"
)

// kindOf names a type for people.
func kindOf(t reflect.Type) string {
	switch t {
	case reflect.TypeFor[int]():
		return "number"
	case reflect.TypeFor[time.Duration]():
		return "duration"
	case reflect.TypeFor[Secret]():
		return "secret"
	case reflect.TypeFor[[]netip.Prefix](), reflect.TypeFor[[]string]():
		return "list"
	}
	return "text"
}

// parse reads a value for the setting and puts it into c. The error says what is wrong
// with the value but does not repeat it.
func (s Setting) parse(c *Config, text string) error {
	field := reflect.ValueOf(c).Elem().Field(s.index)
	value, err := s.read(field.Interface(), text)
	if err != nil {
		return err
	}
	field.Set(reflect.ValueOf(value))
	return nil
}

func (s Setting) read(kind any, text string) (any, error) {
	if len(s.oneOf) > 0 && !slices.Contains(s.oneOf, text) {
		return nil, errors.New("is not one of " + strings.Join(s.oneOf, ", ") + suggest.Question(text, s.oneOf))
	}
	switch kind.(type) {
	case string:
		return text, nil
	case bool:
		return text == s.oneOf[0], nil
	case int:
		n, err := strconv.Atoi(text)
		return n, whenWrong(err, "is not a whole number")
	case time.Duration:
		d, err := time.ParseDuration(text)
		return d, whenWrong(err, "is not a duration with its unit, such as 90s, 15m or 720h")
	case slog.Level:
		var level slog.Level
		return level, level.UnmarshalText([]byte(text))
	case []string:
		return list(text), nil
	case []netip.Prefix:
		return networks(list(text))
	case Secret:
		if s.secret == "url" {
			return NewSecretURL(text), nil
		}
		return NewSecret(text), nil
	}
	return nil, fmt.Errorf("has the type %T, which settings do not support", kind)
}

func whenWrong(err error, problem string) error {
	if err != nil {
		return errors.New(problem)
	}
	return nil
}

// list splits at commas and white space.
func list(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' || r == '\t' })
}

func networks(texts []string) ([]netip.Prefix, error) {
	var all []netip.Prefix
	for _, text := range texts {
		network, err := netip.ParsePrefix(text)
		if err != nil {
			var addr netip.Addr
			if addr, err = netip.ParseAddr(text); err == nil {
				network, err = addr.Unmap().WithZone("").Prefix(addr.Unmap().BitLen())
			}
		}
		if err != nil {
			return nil, errors.New("is not a list of networks, such as 10.0.0.0/8, and addresses")
		}
		if network.Bits() == 0 {
			return nil, errors.New("trusts everybody, so anybody could claim any address")
		}
		all = append(all, network.Masked())
	}
	return all, nil
}

// show returns the value as an operator would write it, without what is secret.
func (s Setting) show(c Config) string {
	switch value := reflect.ValueOf(c).Field(s.index).Interface().(type) {
	case time.Duration:
		return short(value)
	case bool:
		if value {
			return s.oneOf[0]
		}
		return s.oneOf[1]
	case []string:
		return strings.Join(value, ",")
	case []netip.Prefix:
		return strings.Trim(strings.ReplaceAll(fmt.Sprint(value), " ", ","), "[]")
	case slog.Level:
		return strings.ToLower(value.String())
	default:
		return fmt.Sprint(value)
	}
}

// short writes 5m0s as "5m".
func short(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// outOfBounds returns what is wrong with a number or a duration; empty if nothing.
func (s Setting) outOfBounds(c Config) string {
	if s.max == "" {
		return ""
	}
	var low, high Config
	if s.parse(&low, s.min) != nil || s.parse(&high, s.max) != nil {
		return "has unreadable bounds"
	}
	number := func(c Config) int64 { return reflect.ValueOf(c).Field(s.index).Int() }
	if n := number(c); n < number(low) || n > number(high) {
		return fmt.Sprintf("is not between %s and %s", s.min, s.max)
	}
	return ""
}
