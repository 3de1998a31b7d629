//go:build !linux && !darwin

package store

import (
	"errors"
	"fmt"
)

// Free is not known on this system: errors.ErrUnsupported.
func Free(dir string) (free, size int64, err error) {
	return 0, 0, fmt.Errorf("free space of %s: %w", dir, errors.ErrUnsupported)
}
