package redact

import "bytes"

// encoded looks for what a percent-encoded URL holds, as the value of a return
// address has it: user info after "%3A%2F%2F", parameters between "%3F" or "%26"
// and "%3D".
func (f *finder) encoded(b []byte) {
	for i := 0; i < len(b); i++ {
		j := bytes.IndexByte(b[i:], '%')
		if j < 0 {
			return
		}
		i += j
		switch {
		case isEncoded(b, i, ':') && isEncoded(b, i+3, '/') && isEncoded(b, i+6, '/'):
			if to := encodedUserInfoEnd(b, i+9); to > i+9 {
				f.add(b, i+9, to, ruleUserInfo, unpercent(b[i+9:to]))
				i = to - 1
			}
		case isEncoded(b, i, '=') && f.names.secretQuery(encodedNameBefore(b, i)):
			to := encodedEnd(b, i+3, "&#")
			f.add(b, i+3, to, ruleQuery, decodeForm(unpercent(b[i+3:to])))
			i = to - 1
		}
	}
}

// isEncoded reports whether %XX of c stands at b[i].
func isEncoded(b []byte, i int, c byte) bool {
	return i+2 < len(b) && b[i] == '%' && isHex(b[i+1]) && isHex(b[i+2]) && hexValue(b[i+1])<<4|hexValue(b[i+2]) == c
}

// encodedUserInfoEnd returns the position of the authority's last @, or from.
func encodedUserInfoEnd(b []byte, from int) int {
	end, at := encodedEnd(b[:min(len(b), from+maxAuthority)], from, "/?#"), from
	for i := from; i < end; i++ {
		if b[i] == '@' || isEncoded(b, i, '@') {
			at = i
		}
	}
	return at
}

// encodedNameBefore returns the parameter's name that ends at b[i], or nothing.
func encodedNameBefore(b []byte, i int) []byte {
	start := i
	for start > 0 && i-start < maxParameter && b[start-1] != '%' && isParameterByte(b[start-1]) {
		start--
	}
	for _, c := range []byte("?&#") {
		if start > 0 && i >= start+2 && isEncoded(b, start-1, c) {
			return b[start+2 : i]
		}
	}
	return nil
}

// encodedEnd returns where an encoded URL's part ends: at one of the stops,
// encoded, or where the value that holds the URL must end.
func encodedEnd(b []byte, i int, stops string) int {
	for ; i < len(b); i++ {
		if c := b[i]; c <= ' ' || bytes.IndexByte([]byte("&#\"'<>\\`;,/?"), c) >= 0 {
			return i
		}
		for j := range len(stops) {
			if isEncoded(b, i, stops[j]) {
				return i
			}
		}
	}
	return i
}
