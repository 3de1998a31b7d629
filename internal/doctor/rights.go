package doctor

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// Writable makes an empty file in dir and removes it. A folder that is not there
// is looked for upwards: that is where it would be made.
func Writable(dir string) []Finding {
	at, err := existing(dir)
	if err != nil {
		return about(dir, failed("name a folder that can be reached", "%v", err))
	}
	f, err := os.CreateTemp(at, ".doctor-*.tmp")
	if err != nil {
		return about(dir, failed("give the user write permission there, or name another folder", "cannot write: %v", err))
	}
	err = errors.Join(f.Close(), os.Remove(f.Name()))
	if err != nil {
		return about(dir, failed("see why files there cannot be removed", "a file of 0 bytes was left: %v", err))
	}
	return about(dir, fine("can be written to"))
}

// Temporary is Writable of the folder for what does not fit into memory, which
// nobody makes. An image of nothing else has no /tmp.
func Temporary(dir string) []Finding {
	if _, err := os.Stat(dir); err != nil {
		return about(dir, failed("make the folder, or name another by TMPDIR", "cannot hold temporary files: %v", err))
	}
	return Writable(dir)
}

// existing returns dir, or the nearest folder above it that is there.
func existing(dir string) (string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	for at := abs; ; at = filepath.Dir(at) {
		info, err := os.Stat(at)
		switch {
		case err == nil && !info.IsDir():
			return "", fmt.Errorf("%s is a file", at)
		case err == nil:
			return at, nil
		case !errors.Is(err, fs.ErrNotExist) || at == filepath.Dir(at):
			return "", err
		}
	}
}

// Umask says what it takes away. Artefacts are made 0600 and 0700 whatever it is;
// a mask that takes the owner's bits leaves files that nobody reads.
func Umask(mask int, known bool) []Finding {
	switch {
	case !known:
		return fine("not told by this system; artefacts are readable by their owner only")
	case mask&0o700 != 0:
		return failed("umask 077", "umask %04o takes the owner's own rights", mask)
	}
	return fine("umask %04o; artefacts are 0600 whatever it is", mask)
}

// KeyFile looks at the mode of the file that holds the redaction key. One that is
// not there is no fault unless it was named: a capture makes it.
func KeyFile(path string, named bool) []Finding {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !named:
		return about(path, fine("not there yet: the first capture makes it"))
	case err != nil:
		return about(path, failed("parallax key new FILE makes one; or name the one that there is", "%v", err))
	case !info.Mode().IsRegular():
		return about(path, failed("name the file that holds the key", "is no file"))
	case runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0:
		return about(path, failed("chmod 600; whoever could read it can undo the redaction by guessing: consider a new key",
			"mode %04o: others may read the key", info.Mode().Perm()))
	}
	return about(path, fine("mode %04o", info.Mode().Perm()))
}
