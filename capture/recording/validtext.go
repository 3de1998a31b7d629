package recording

import "unicode/utf8"

// textCheck finds texts that cannot stand in a Parquet string. It remembers
// header lists that it found good, which rows may share.
type textCheck struct {
	good seenLists
}

// forget lets go of the rows' memory.
func (c *textCheck) forget() { c.good.forget() }

// valid reports whether every text of ex can stand in a Parquet string. The
// bytes of a header, a target or a reason are the peer's and need not be UTF-8.
func (c *textCheck) valid(ex *Exchange) bool {
	ok := utf8.ValidString(ex.Session) && utf8.ValidString(ex.Protocol) && utf8.ValidString(ex.Client) &&
		utf8.ValidString(ex.Server) && utf8.ValidString(string(ex.Incomplete)) && validAll(ex.Errors)
	if q := ex.Request; ok && q != nil {
		ok = utf8.ValidString(q.Method) && utf8.ValidString(q.Scheme) && utf8.ValidString(q.Target) &&
			utf8.ValidString(q.Version) && c.headers(q.Headers) && validHeaders(q.Trailers)
	}
	if p := ex.Response; ok && p != nil {
		ok = utf8.ValidString(p.Reason) && utf8.ValidString(p.Version) && c.headers(p.Headers) && validHeaders(p.Trailers)
		for i := 0; ok && i < len(p.Interim); i++ {
			ok = utf8.ValidString(p.Interim[i].Reason) && validHeaders(p.Interim[i].Headers)
		}
	}
	if o := ex.Outcome; ok && o != nil {
		ok = utf8.ValidString(string(o.End)) && utf8.ValidString(o.Detail) && validAll(o.LeftOut)
	}
	return ok
}

func (c *textCheck) headers(list []Header) bool {
	place := c.good.place(list)
	if sameList(place.list, list) {
		return true
	}
	if !validHeaders(list) {
		return false
	}
	place.list = list
	return true
}

func validAll(list []string) bool {
	for _, s := range list {
		if !utf8.ValidString(s) {
			return false
		}
	}
	return true
}

func validHeaders(list []Header) bool {
	for i := range list {
		if !utf8.ValidString(list[i].Name) || !utf8.ValidString(list[i].Value) {
			return false
		}
	}
	return true
}
