package recording

import (
	"parallax/internal/sealed"
	"parallax/internal/store"
)

// chunkBytes is the unit in which files are hashed and checked.
const chunkBytes = sealed.ChunkBytes

// maxSmallFile bounds manifests and sidecars.
const maxSmallFile = sealed.MaxSmall

// openChecked opens a part, of which no byte is handed on whose chunk is not proven.
func openChecked(s store.Store, p *Part) (*sealed.Reader, error) {
	return sealed.Open(s, sealed.File(p.File), sealed.File(p.Chunks), chunkBytes)
}
