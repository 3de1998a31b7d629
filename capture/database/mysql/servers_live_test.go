package mysql_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parallax/capture/database"
	"parallax/capture/database/mysql"
	"parallax/internal/services"
)

// Where the log proves nothing, its position is an error when it is asked for.
func TestWhereTheLogProvesNothing(t *testing.T) {
	for option, why := range map[string]string{"--skip-log-bin": "the binary log is off", "--binlog-ignore-db=x": "the binary log leaves out databases"} {
		t.Run(option, func(t *testing.T) {
			s := newScratchOn(t, services.MariaDBWith(t, option))
			stop := bank(s)
			defer stop()
			src := s.open(database.Options{Connections: 3})
			p := src.Point()
			if p.Method != "single connection" || !strings.Contains(fmt.Sprint(p.Caveats), "one connection instead of 3") {
				t.Errorf("%+v", p)
			}
			if sum := money(t, src); sum != ledgers*perTable {
				t.Error(sum)
			}
			_, err := mysql.Open(context.Background(), s.dsn, database.Options{Connections: 3, Consistency: "binlog position"})
			if !errors.Is(err, database.ErrConsistency) || !strings.Contains(err.Error(), why) {
				t.Error(err)
			}
			src = s.open(database.Options{Connections: 3, Consistency: "ftwrl"})
			if sum := money(t, src); sum != ledgers*perTable || src.Point().Method != "ftwrl" {
				t.Error(sum, src.Point())
			}
		})
	}
}

// certificate makes a certificate of its own authority for 127.0.0.1.
func certificate(t *testing.T) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for file, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "EC PRIVATE KEY", Bytes: raw}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

func TestTLS(t *testing.T) {
	cert, key := certificate(t)
	s := newScratchOn(t, services.MariaDBWith(t, "--ssl-cert="+cert, "--ssl-key="+key))
	dsn := s.user("tls", "GRANT SELECT ON `"+s.name+"`.* TO ")
	user, _, _ := strings.Cut(strings.TrimPrefix(dsn, "mysql://"), ":")
	s.exec("ALTER USER '" + user + "'@'127.0.0.1' REQUIRE SSL")
	for params, refused := range map[string]string{
		"": "", "?tls=preferred": "", "?tls=skip-verify": "", "?tls-ca=" + cert: "", "?tls=true&tls-ca=" + cert: "",
		"?tls=false": "Access denied", "?tls=true": "unknown authority",
	} {
		src, err := mysql.Open(context.Background(), dsn+params, database.Options{})
		if err == nil {
			src.Close()
		}
		if (err == nil) != (refused == "") || err != nil && !strings.Contains(err.Error(), refused) {
			t.Errorf("%s: %v, want %q", params, err, refused)
		}
	}
}

// Rights on single columns hide the others from the catalogue: such a table is refused,
// also where a role has them. Whoever may read all of it also has rights on columns.
func TestRightsOnColumns(t *testing.T) {
	s := newScratch(t)
	s.exec("CREATE TABLE a (id int PRIMARY KEY, secret int, shown int)", "INSERT INTO a VALUES (1, 2, 3)", "CREATE TABLE b (id int)")
	role := strings.TrimPrefix(s.name, "p") + "_role"
	s.exec("CREATE ROLE `"+role+"`", "GRANT SELECT (id, shown) ON `"+s.name+"`.a TO `"+role+"`")
	t.Cleanup(func() { s.exec("DROP ROLE `" + role + "`") })
	byRole := s.user("byrole", "GRANT `"+role+"` TO ")
	user, _, _ := strings.Cut(strings.TrimPrefix(byRole, "mysql://"), ":")
	s.exec("SET DEFAULT ROLE `" + role + "` FOR '" + user + "'@'127.0.0.1'")
	if _, err := mysql.Open(context.Background(), byRole, database.Options{}); err == nil || !strings.Contains(err.Error(), "no right to read all columns of a\n") {
		t.Error(err)
	}
	dsn := s.user("part", "GRANT SELECT (id, shown) ON `"+s.name+"`.a TO ")
	open := func(o database.Options) (database.Source, error) { return mysql.Open(context.Background(), dsn, o) }
	if _, err := open(database.Options{}); err == nil || !strings.Contains(err.Error(), "no right to read all columns of a\n") {
		t.Fatal(err)
	}
	shown, err := open(database.Options{Exclude: []string{"a"}, Queries: []database.Query{{Name: "a", SQL: "SELECT id, shown FROM a", Key: []string{"id"}}}})
	if err != nil {
		t.Fatal(err)
	}
	defer shown.Close()
	all := tables(t, shown)
	if rows := fmt.Sprint(texts(t, shown, &all[0])); rows != "[[number 1 number 3]]" {
		t.Error(rows)
	}
	whole, err := mysql.Open(context.Background(), s.dsn, database.Options{})
	if err != nil {
		t.Fatal(err)
	}
	whole.Close()
}
