package mq

import "fmt"

const maxName = 200

// checkName tells what is wrong with the name of a topic or group, or "".
func checkName(s string) string {
	if s == "" {
		return "is empty"
	}
	if len(s) > maxName {
		return fmt.Sprintf("has %d bytes, want at most %d", len(s), maxName)
	}
	for i, r := range s {
		sign := r == '.' || r == '-' || r == '_'
		if !sign && !isAlphanumeric(r) || sign && i == 0 {
			return fmt.Sprintf("has %q at %d; want letters, digits, and not first '.', '-', '_'", r, i)
		}
	}
	return ""
}

func isAlphanumeric(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
}
