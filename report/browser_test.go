package report

import (
	"context"
	"encoding/base64"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// chromium returns a headless browser, or skips the test and says so.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{os.Getenv("PARALLAX_CHROMIUM"), "chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); name != "" && err == nil {
			return path
		}
	}
	t.Skip("SKIPPED: no chromium on PATH and PARALLAX_CHROMIUM not set: the page was not looked at in a browser")
	return ""
}

func browse(t *testing.T, args ...string) string {
	t.Helper()
	browser := chromium(t)
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	all := append([]string{"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--disable-extensions", "--hide-scrollbars", "--enable-logging=stderr", "--v=0", "--user-data-dir=" + t.TempDir()}, args...)
	cmd := exec.CommandContext(ctx, browser, all...)
	var errors strings.Builder
	cmd.Stderr = &errors
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, errors.String())
	}
	for _, line := range strings.Split(errors.String(), "\n") {
		if strings.Contains(line, "CONSOLE") || strings.Contains(line, "Content Security Policy") {
			t.Errorf("the browser complains: %s", line)
		}
	}
	return string(out)
}

// The hostile page is opened by a browser: nothing runs, the style is applied
// (its hash is right), and what is shown is what was recorded.
func TestPageInABrowser(t *testing.T) {
	path := filepath.Join(t.TempDir(), "report.html")
	if err := Write(hostileReport(), Files{HTML: path}); err != nil {
		t.Fatal(err)
	}
	dom := browse(t, "--dump-dom", "file://"+path)
	if at := regexp.MustCompile(`(?i)<(script|img|iframe|base|object)|<[^>]*\son[a-z]+=`).FindString(dom); at != "" {
		t.Errorf("the document has %s", at)
	}
	if !strings.Contains(dom, `<h1 id="verdict">`) {
		t.Error("the verdict is not in the document")
	}
	if shot := os.Getenv("PARALLAX_SCREENSHOT"); shot != "" {
		browse(t, "--window-size=1280,2400", "--screenshot="+shot, "file://"+path)
	}
}

// The page's policy names the style that is in the page: also where there is no
// browser to say so.
func TestStyleHashIsRight(t *testing.T) {
	page := printed(t, HTML, passingReport())
	style := page[strings.Index(page, "<style>")+len("<style>") : strings.Index(page, "</style>")]
	policy := contentPolicy(style)
	if !strings.Contains(policy, "sha256-") || !strings.Contains(page, strings.NewReplacer("'", "&#39;", "+", "&#43;").Replace(policy)) {
		t.Errorf("the page's policy is not the one of its style: %s", policy)
	}
	if _, err := base64.StdEncoding.DecodeString(policy[strings.Index(policy, "sha256-")+7 : strings.Index(policy, "'; base-uri")]); err != nil {
		t.Error(err)
	}
}
