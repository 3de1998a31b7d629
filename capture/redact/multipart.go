package redact

import "bytes"

// multipart looks for fields of multipart/form-data whose name is secret. It
// reports whether the body could be cut into parts: the first line must be a
// delimiter, as every client writes it.
func (f *finder) multipart(b []byte) bool {
	line, rest, ok := bytes.Cut(b, []byte("\r\n"))
	if !ok || len(line) < 3 || !bytes.HasPrefix(line, []byte("--")) {
		return false
	}
	delimiter := append([]byte("\r\n"), line...)
	at := len(b) - len(rest)
	for at < len(b) {
		end := len(b)
		if j := bytes.Index(b[at:], delimiter); j >= 0 {
			end = at + j
		}
		f.part(b, at, end)
		at = end + len(delimiter)
	}
	return true
}

// part notes the content of b[from:to] if its head names a secret field.
func (f *finder) part(b []byte, from, to int) {
	head, _, ok := bytes.Cut(b[from:to], []byte("\r\n\r\n"))
	if !ok || len(head) > 8<<10 {
		return
	}
	i := bytes.Index(bytes.ToLower(head), []byte(`; name=`))
	if i < 0 {
		return
	}
	name := bytes.TrimLeft(head[i+len(`; name=`):], `"`)
	if j := bytes.IndexAny(name, "\";\r\n"); j >= 0 {
		name = name[:j]
	}
	if f.names.field(name) {
		content := from + len(head) + 4
		f.add(b, content, to, ruleForm, b[content:to])
	}
}
