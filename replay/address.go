package replay

import (
	"crypto/tls"
	"slices"
)

// Address is where a target is dialled, and how.
type Address struct {
	// HostPort is dialled; Host is the Host header that the URL asks for.
	HostPort, Host string
	// TLS is nil for http.
	TLS *tls.Config
}

// Address takes the target's URL and TLS settings apart; nothing is connected to.
// No error repeats the URL, which may hold a password.
func (t *Target) Address() (Address, error) {
	e, err := parseEndpoint(t.URL)
	if err != nil {
		return Address{}, err
	}
	config, err := t.tlsConfig(e)
	return Address{HostPort: e.address, Host: e.authority, TLS: config}, err
}

// SecretNames are the names in {{secret:NAME}} of the headers that are set and of the
// request for a token, sorted.
func (t *Target) SecretNames() []string {
	var names []string
	for _, text := range t.secretTexts() {
		for _, found := range secretPlaceholder.FindAllStringSubmatch(text, -1) {
			names = append(names, found[1])
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// secretTexts are the texts that may hold a secret's name.
func (t *Target) secretTexts() []string {
	var texts []string
	for _, h := range t.Rewrite.Set {
		texts = append(texts, h.Value)
	}
	if t.Auth == nil || t.Auth.Request == nil {
		return texts
	}
	r := t.Auth.Request
	for _, h := range r.Headers {
		texts = append(texts, h.Value)
	}
	return append(texts, r.Path, r.Body)
}
