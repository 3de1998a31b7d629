package mysql

import (
	"strings"
	"testing"
)

func TestDSN(t *testing.T) {
	for dsn, want := range map[string]string{
		"mysql://u:p@h:3307/d":                      "u p tcp h:3307 d preferred",
		"mariadb://u@h/d":                           "u  tcp h:3306 d preferred",
		"mysql://u:p%40%2F%3A%3f@h/d%2Fe?tls=false": "u p@/:? tcp h:3306 d/e false",
		"mysql://u:p@ss:w@127.0.0.1/d?tls=true":     "u p@ss:w tcp 127.0.0.1:3306 d true",
		"mysql://u:p@[::1]:3307/d?tls=skip-verify":  "u p tcp [::1]:3307 d skip-verify",
		"mysql://u:p@[::1]/d":                       "u p tcp [::1]:3306 d preferred",
		"mysql://u@/d?socket=/run/m.sock":           "u  unix /run/m.sock d preferred",
		"mysql:///d":                                "  tcp 127.0.0.1:3306 d preferred",
	} {
		cfg, err := parseDSN(dsn)
		if err != nil {
			t.Errorf("%s: %v", dsn, err)
			continue
		}
		if got := strings.Join([]string{cfg.User, cfg.Passwd, cfg.Net, cfg.Addr, cfg.DBName, cfg.TLSConfig}, " "); got != want {
			t.Errorf("%s: %s, want %s", dsn, got, want)
		}
		if (cfg.TLSConfig == "preferred") != cfg.AllowFallbackToPlaintext || cfg.AllowAllFiles || cfg.MultiStatements || cfg.AllowCleartextPasswords {
			t.Errorf("%s: %+v", dsn, cfg)
		}
	}
}

// badDSNs hold a canary wherever a password, or a part of one, may end up.
var badDSNs = []string{
	"canary", "postgres://u:canary@h/d", "u:canary@tcp(h)/d", "mysql://u:canary@h", "mysql://u:canary@h/", "mysql://u:canary",
	"mysql://u:canary@h:canary/d", "mysql://u:can%zzcanary@h/d", "mysql://u:canary%@h/d", "mysql://u:p?canary@h/d", "mysql://u:p/canary@h/d?x=1",
	"mysql://u:a@b?canary=@h/d", "mysql://u:canary@h h/d", "mysql://u:canary@::1/d", "mysql://u:canary@h:/d", "mysql://u:canary@h:999999/d",
	"mysql://u:canary@h/d?tls=canary", "mysql://u:canary@h/d?password=canary", "mysql://u:canary@h/d?socket=%zzcanary", "mysql://u:canary@h:3306x/d", "mysql://u:canary@h/d?tls-ca=/nowhere", "mysql://u:canary@h/d?tls-ca=dsn.go",
}

func TestBadDSNsAreNotRepeated(t *testing.T) {
	for _, dsn := range badDSNs {
		if _, err := parseDSN(dsn); err == nil || strings.Contains(err.Error(), "canary") || !strings.HasPrefix(err.Error(), "data source: ") {
			t.Errorf("%s: %v", dsn, err)
		}
	}
}

func FuzzDSN(f *testing.F) {
	for _, dsn := range badDSNs {
		f.Add(dsn)
	}
	f.Add("mysql://u:p%40@h:3307/d?tls=true&socket=/x")
	f.Fuzz(func(t *testing.T, dsn string) {
		cfg, err := parseDSN(dsn)
		if err == nil && (cfg.DBName == "" || cfg.Addr == "" && cfg.Net == "tcp") {
			t.Errorf("%q: %+v", dsn, cfg)
		}
		if _, password, ok := strings.Cut(dsn, "canary"); err != nil && ok && strings.Contains(err.Error(), "canary"+password) && len(password) > 0 {
			t.Errorf("%q: %v", dsn, err)
		}
	})
}
