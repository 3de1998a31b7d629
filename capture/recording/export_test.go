package recording

import "parallax/internal/store"

// OnFiles returns o with a file system that a test can make fail.
func OnFiles(o Options, files store.Files) Options {
	o.files = files
	return o
}
