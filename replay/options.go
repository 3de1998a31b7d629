package replay

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

	"parallax/capture/recording"
	"parallax/internal/httpmsg"
	"parallax/replay/carry"
	"parallax/replay/credential"
	"parallax/replay/entity"
	"parallax/replay/schedule"
	"parallax/replay/sessions"
	"parallax/replay/shift"
	"parallax/replay/transport"
)

// Target is the system to be asked, as the configuration names it.
type Target struct {
	// Name is empty for a bare URL on the command line.
	Name string `yaml:"name,omitempty" json:"name,omitempty"`
	// URL is http:// or https://, host and port; a path becomes a prefix of
	// every recorded path.
	URL string `yaml:"url" json:"url"`
	// Writable is the target's half of the permission for unsafe methods.
	// Options.AllowWrites is the other.
	Writable bool `yaml:"writable,omitempty" json:"writable,omitempty"`
	// Production targets are never writable.
	Production bool `yaml:"production,omitempty" json:"production,omitempty"`
	// Control: this is the old system itself; it may be at a recorded address
	// and gets safe methods only.
	Control bool `yaml:"control,omitempty" json:"control,omitempty"`
	// CAFile holds the certificates to trust instead of the system's.
	CAFile string `yaml:"ca_file,omitempty" json:"ca_file,omitempty"`
	// Insecure does not check the certificate.
	Insecure bool `yaml:"insecure,omitempty" json:"insecure,omitempty"`
	// ServerName is asked for and checked in place of the URL's host.
	ServerName string `yaml:"server_name,omitempty" json:"server_name,omitempty"`
	// Credentials is for who has live ones to send (package mirror's caller; a
	// recording has tokens in their place): "pass", or "" to leave them out.
	Credentials string  `yaml:"credentials,omitempty" json:"credentials,omitempty"`
	Rewrite     Rewrite `yaml:"rewrite,omitempty" json:"rewrite,omitempty"`
	// Auth gets the access token that the target wants.
	Auth *credential.Config `yaml:"auth,omitempty" json:"auth,omitempty"`
	// AuthTarget is the target that Auth.Request.Target names.
	AuthTarget *Target `yaml:"-" json:"-"`
}

// Rewrite changes what is sent, deliberately.
type Rewrite struct {
	// Host is "original" (the default: the recorded Host header), "target" (the
	// URL's) or the value to send.
	Host string `yaml:"host,omitempty" json:"host,omitempty"`
	// StripPrefix is cut off paths that begin with it, then AddPrefix is put in
	// front.
	StripPrefix string `yaml:"strip_prefix,omitempty" json:"strip_prefix,omitempty"`
	AddPrefix   string `yaml:"add_prefix,omitempty" json:"add_prefix,omitempty"`
	// Set replaces a header where it stands, or adds it at the end. Its values
	// may hold {{secret:NAME}}: filled when sent, never stored.
	Set []HeaderLine `yaml:"set,omitempty" json:"set,omitempty"`
	// Remove leaves headers out.
	Remove []string `yaml:"remove,omitempty" json:"remove,omitempty"`
}

// HeaderLine is one configured header.
type HeaderLine struct {
	Name  string `yaml:"name" json:"name"`
	Value string `yaml:"value" json:"value"`
}

// Options of a run; zero fields take the defaults.
type Options struct {
	Target Target
	// AllowWrites is the run's half of the permission for methods other than
	// GET, HEAD, OPTIONS and TRACE. The target's half is Writable; a bare URL
	// has it where its host is this machine's loopback.
	AllowWrites bool
	// RecordedServers are host:port known to be in the recording; the target is
	// refused there before anything is sent. Others are found as they are read.
	RecordedServers []string
	// Schedule is used up by the run; nil means the recorded times.
	Schedule *schedule.Schedule
	// Sessions says what a session is; nil: the recorded connection.
	Sessions *sessions.Namer
	// Order holds the requests that name one entity in the recorded order, over
	// sessions; nil: none. It goes with whole runs only.
	Order *entity.Set
	// Shard is the share of the run that is sent.
	Shard Shard
	// StartAt (ns since 1970) begins the schedule; one that has passed, and 0, is
	// the time of the start.
	StartAt  int64
	Pool     Pool
	Timeouts transport.Timeouts
	Bodies   Bodies
	Carry    []carry.Rule
	// Secret returns the secret called name. Nil: SecretFromEnvironment.
	Secret func(name string) (string, error)
	// HoldsToken reports whether a text holds a redaction token: it is never
	// sent.
	HoldsToken func(string) bool
	// Token is what redaction made of a value in recorded requests, "" where it is
	// off; it is called by many goroutines. Nil: it was off.
	Token func(value string) string
	// Filter returns why an exchange is left out, "" to keep it.
	Filter func(*recording.Exchange) string
	Resume Resume
	// OmitUnreached: after an interruption the rest of the baseline is counted
	// and gets no rows, so that a resumed run can send it. The caller keeps the
	// journal (recording.Live.Suspend) and makes no run of it yet.
	OmitUnreached bool
	// Shift moves times that requests hold, by the time from ShiftFrom, when the
	// recording began, to ShiftTo, when the replay does (ns since 1970).
	Shift              []shift.Rule
	ShiftFrom, ShiftTo int64
	// Abort says what of the answers stops the run.
	Abort Abort
	// RunID is the marker header's value. NoMarker leaves the header out.
	RunID    string
	NoMarker bool
	// FairLateness is the lateness that more than 1 % of the requests (and at
	// least ten) must not exceed by our own fault, or a paced run is not fair:
	// 100 ms.
	FairLateness time.Duration
	// Grace is what requests under way get after an interruption: 5 s.
	Grace time.Duration
	// Progress is called about once a second and at the end, from one goroutine.
	Progress func(Progress)
	// Total is the number of exchanges, for Progress; 0 where it is not known.
	Total int64
}

// DefaultConnections is the size of a pool that says none.
const DefaultConnections = 64

// Pool bounds connections and what is read ahead.
type Pool struct {
	// Connections to the target at once: DefaultConnections.
	Connections int
	// Shared lets any idle connection serve any session. The default keeps a
	// connection to one session, which costs a new one where sessions take turns.
	Shared bool
	// RetryStale sends a GET, HEAD, OPTIONS or TRACE again, once, on a new
	// connection where one that was used before ended without a byte of an
	// answer. It is counted, and stands in the row's errors.
	RetryStale bool
	// Requests (4,096) and Bytes (64 MiB) bound what is read ahead and under way.
	Requests int
	Bytes    int64
}

// Bodies says what is kept of answers.
type Bodies struct {
	// KeepAll stores bodies that are equal to the baseline's, too.
	KeepAll bool
	// Cap (16 MiB) is the most kept of one body, Budget (256 MiB) of all under
	// way.
	Cap, Budget int64
}

// Resume says what an interrupted run did already.
type Resume struct {
	// Ended holds how exchanges ended that have a row: they are not sent again,
	// however they ended.
	Ended map[recording.ID]recording.End
	// Open are those with an intent and no end.
	Open map[recording.ID]bool
	// Row returns the row of one that has ended, nil where there is none: sessions
	// learn again what its answer brought. It is called by one goroutine; nil: they
	// begin anew.
	Row func(recording.ID) (*recording.Exchange, error)
}

// SecretFromEnvironment reads PARALLAX_SECRET_NAME, or the file that
// PARALLAX_SECRET_NAME_FILE names.
func SecretFromEnvironment(name string) (string, error) {
	key := "PARALLAX_SECRET_" + name
	if v, ok := os.LookupEnv(key); ok {
		return v, nil
	}
	file, ok := os.LookupEnv(key + "_FILE")
	if !ok {
		return "", fmt.Errorf("secret %s: neither %s nor %s_FILE is set", name, key, key)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("secret %s: %w", name, err)
	}
	return strings.TrimRight(string(b), "\r\n"), nil
}

func (o *Options) setDefaults() {
	if o.Pool.Connections <= 0 {
		o.Pool.Connections = DefaultConnections
	}
	if o.Pool.Requests <= 0 {
		o.Pool.Requests = 4096
	}
	if o.Pool.Bytes <= 0 {
		o.Pool.Bytes = 64 << 20
	}
	if o.FairLateness <= 0 {
		o.FairLateness = 100 * time.Millisecond
	}
	if o.Grace <= 0 {
		o.Grace = 5 * time.Second
	}
	if o.Secret == nil {
		o.Secret = SecretFromEnvironment
	}
	if o.Schedule == nil {
		o.Schedule, _ = schedule.Recorded(schedule.Ratio{}, 0)
	}
	if o.HoldsToken == nil {
		o.HoldsToken = func(string) bool { return false }
	}
	if o.RunID == "" {
		o.RunID = "replay"
	}
}

// endpoint is the target's URL taken apart.
type endpoint struct {
	scheme  string
	host    string // without the port
	address string // host:port
	// authority is the Host header's value that the URL asks for.
	authority string
	prefix    string
}

// Validate reports whether the target's URL is one that can be asked.
func (t *Target) Validate() error {
	_, err := parseEndpoint(t.URL)
	return err
}

// parseEndpoint never repeats the URL in its error: it may hold a password.
func parseEndpoint(text string) (endpoint, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return endpoint{}, errors.New("target: the URL cannot be parsed: want one that begins with http:// or https://")
	case u.Scheme != "http" && u.Scheme != "https":
		return endpoint{}, errors.New("target: want a URL that begins with http:// or https://")
	case u.Hostname() == "":
		return endpoint{}, errors.New("target: the URL has no host")
	case u.User != nil:
		return endpoint{}, errors.New("target: the URL holds credentials; set a header with {{secret:NAME}}")
	case u.RawQuery != "" || u.Fragment != "":
		return endpoint{}, errors.New("target: the URL holds a query or a fragment")
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return endpoint{
		scheme: u.Scheme, host: u.Hostname(), address: net.JoinHostPort(u.Hostname(), port),
		authority: u.Host, prefix: strings.TrimRight(u.EscapedPath(), "/"),
	}, nil
}

func (t *Target) tlsConfig(e endpoint) (*tls.Config, error) {
	if e.scheme != "https" {
		return nil, nil
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: t.ServerName, InsecureSkipVerify: t.Insecure}
	if t.CAFile == "" {
		return config, nil
	}
	pem, err := os.ReadFile(t.CAFile)
	if err != nil {
		return nil, fmt.Errorf("target: CA file: %w", err)
	}
	config.RootCAs = x509.NewCertPool()
	if !config.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("target: CA file %s holds no certificate", t.CAFile)
	}
	return config, nil
}

func (r *Rewrite) check() error {
	for _, h := range r.Set {
		if h.Name == "" || !httpmsg.Sendable(httpmsg.Header{Name: h.Name, Value: h.Value}) {
			return fmt.Errorf("rewrite: header %q cannot be sent", h.Name)
		}
	}
	return nil
}
