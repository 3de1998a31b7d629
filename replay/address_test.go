package replay

import (
	"slices"
	"strings"
	"testing"

	"parallax/replay/credential"
)

func TestAddressOfATarget(t *testing.T) {
	a, err := (&Target{URL: "https://shop.test/v2", ServerName: "other.test"}).Address()
	if err != nil || a.HostPort != "shop.test:443" || a.Host != "shop.test" || a.TLS == nil || a.TLS.ServerName != "other.test" {
		t.Errorf("%+v, %v", a, err)
	}
	a, err = (&Target{URL: "http://[::1]:8080"}).Address()
	if err != nil || a.HostPort != "[::1]:8080" || a.Host != "[::1]:8080" || a.TLS != nil {
		t.Errorf("%+v, %v", a, err)
	}
	for _, url := range []string{"", "ftp://a", "http://me:hunter2@a", "http://hunter2@[", "http://a?x=hunter2"} {
		if _, err := (&Target{URL: url}).Address(); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: %v", url, err)
		}
	}
	if _, err := (&Target{URL: "https://a", CAFile: "nosuch"}).Address(); err == nil {
		t.Error("a CA file that is not there is no fault")
	}
}

func TestSecretNames(t *testing.T) {
	target := Target{Rewrite: Rewrite{Set: []HeaderLine{
		{Name: "A", Value: "{{secret:Z}} {{secret:B.c}}"}, {Name: "B", Value: "{{secret:Z}}"}, {Name: "C", Value: "{{secret: no}}"},
	}}}
	target.Auth = &credential.Config{Request: &credential.Request{
		Path: "/{{secret:P}}", Body: "{{secret:Z}}", Headers: []credential.Header{{Name: "H", Value: "{{secret:H}}"}},
	}}
	if got := target.SecretNames(); !slices.Equal(got, []string{"B.c", "H", "P", "Z"}) {
		t.Errorf("%q", got)
	}
}
