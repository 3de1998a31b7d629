package mysql

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
)

// connectTimeout bounds dialling and the handshake.
const connectTimeout = 15 * time.Second

// Errors name the part that is wrong and never repeat it: a part that is cut in
// the wrong place holds some of the password.
var (
	errScheme   = errors.New("data source: it must begin with mysql:// or mariadb://")
	errAt       = errors.New("data source: an @ stands behind the ?\nhint: write special characters of the password as %XX")
	errHost     = errors.New("data source: the host or port is not valid\nhint: write special characters of the password as %XX")
	errEscape   = errors.New("data source: a % is not followed by two hexadecimal digits\nhint: write % as %25")
	errDatabase = errors.New("data source: it names no database (mysql://user@host:port/database)")
)

// parseDSN reads mysql://user:password@host:port/database?tls=…&tls-ca=…&socket=….
func parseDSN(dsn string) (*mysql.Config, error) {
	scheme, rest, ok := strings.Cut(dsn, "://")
	if !ok || scheme != "mysql" && scheme != "mariadb" {
		return nil, errScheme
	}
	rest, query, _ := strings.Cut(rest, "?")
	if strings.Contains(query, "@") {
		return nil, errAt
	}
	cfg := newConfig()
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		if err := setUser(cfg, rest[:at]); err != nil {
			return nil, err
		}
		rest = rest[at+1:]
	}
	if err := setPlace(cfg, rest); err != nil {
		return nil, err
	}
	return cfg, setParams(cfg, query)
}

// newConfig: the library's logger writes to standard error, ours says nothing.
func newConfig() *mysql.Config {
	cfg := mysql.NewConfig()
	cfg.Timeout = connectTimeout
	cfg.Logger = &mysql.NopLogger{}
	cfg.TLSConfig = "preferred"
	cfg.AllowFallbackToPlaintext = true
	return cfg
}

func setUser(cfg *mysql.Config, text string) (err error) {
	user, password, _ := strings.Cut(text, ":")
	if cfg.User, err = unescape(user); err != nil {
		return err
	}
	cfg.Passwd, err = unescape(password)
	return err
}

func setPlace(cfg *mysql.Config, text string) (err error) {
	host, name, _ := strings.Cut(text, "/")
	if cfg.DBName, err = unescape(name); err != nil {
		return err
	}
	if cfg.DBName == "" {
		return errDatabase
	}
	cfg.Net = "tcp"
	cfg.Addr, err = address(host)
	return err
}

// address completes host, host:port, [v6]:port.
func address(text string) (string, error) {
	if text == "" {
		text = "127.0.0.1"
	}
	u := url.URL{Host: text}
	host, port := u.Hostname(), u.Port()
	if host == "" || strings.ContainsAny(host, " %/\\\"'<>#") || net.ParseIP(host) == nil && strings.Contains(host, ":") {
		return "", errHost
	}
	if port == "" && strings.HasSuffix(text, host) || text == "["+host+"]" {
		port = "3306"
	}
	if n := strings.Trim(port, "0123456789"); port == "" || n != "" || len(port) > 5 {
		return "", errHost
	}
	return net.JoinHostPort(host, port), nil
}

func unescape(text string) (string, error) {
	s, err := url.PathUnescape(text)
	if err != nil {
		return "", errEscape
	}
	return s, nil
}

func setParams(cfg *mysql.Config, query string) error {
	for _, pair := range strings.Split(query, "&") {
		if pair == "" {
			continue
		}
		key, value, _ := strings.Cut(pair, "=")
		value, err := unescape(value)
		if err != nil {
			return err
		}
		if err := setParam(cfg, key, value); err != nil {
			return err
		}
	}
	return nil
}

func setParam(cfg *mysql.Config, key, value string) error {
	switch key {
	case "tls":
		return setTLS(cfg, value)
	case "tls-ca":
		return setCA(cfg, value)
	case "socket":
		cfg.Net, cfg.Addr = "unix", value
	default:
		return fmt.Errorf("data source: the parameter %.20q is unknown: it may be tls, tls-ca or socket", key)
	}
	return nil
}

// setTLS: preferred is the default; only true checks whom it speaks to.
func setTLS(cfg *mysql.Config, value string) error {
	switch value {
	case "true", "false", "skip-verify", "preferred":
		cfg.TLSConfig, cfg.AllowFallbackToPlaintext = value, value == "preferred"
		return nil
	}
	return errors.New("data source: tls must be true, false, skip-verify or preferred")
}

// setCA trusts the authorities of a file, and nobody else.
func setCA(cfg *mysql.Config, file string) error {
	pem, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("data source: tls-ca: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return fmt.Errorf("data source: tls-ca: %s holds no certificate", file)
	}
	host, _, _ := net.SplitHostPort(cfg.Addr) // of a socket: none
	cfg.TLS, cfg.AllowFallbackToPlaintext = &tls.Config{RootCAs: pool, ServerName: host, MinVersion: tls.VersionTLS12}, false
	return nil
}
