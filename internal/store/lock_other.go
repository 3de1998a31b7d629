//go:build !unix

package store

import (
	"errors"
	"os"
)

// flock has no counterpart here yet; working without a lock would not be safe.
func flock(*os.File) (held bool, err error) {
	return false, errors.New("locking a folder is not supported on this system")
}
