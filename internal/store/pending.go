package store

import (
	"errors"
	"fmt"
	"path/filepath"
)

// pendingFile remembers its first error: a file whose write or sync failed
// once is never committed, whatever later calls return.
type pendingFile struct {
	folder     *Folder
	name, full string
	file       File
	err        error
	done       bool
}

func (p *pendingFile) Write(b []byte) (int, error) {
	if p.err != nil {
		return 0, p.err
	}
	n, err := p.file.Write(b)
	if err != nil {
		p.err = fmt.Errorf("write %s: %w", p.name, err)
	}
	return n, p.err
}

func (p *pendingFile) Commit() error {
	if p.done {
		return fmt.Errorf("commit %s: ended already", p.name)
	}
	p.done = true
	err := p.publish()
	// The temporary name goes in any case; that it could not be removed after
	// the link is no loss: List does not show it and Sweep removes it.
	removed := p.folder.files.Remove(p.full + tempSuffix)
	if err != nil {
		return errors.Join(err, removed)
	}
	return nil
}

func (p *pendingFile) publish() error {
	err := p.err
	if err == nil {
		if err = p.file.Sync(); err != nil {
			err = fmt.Errorf("sync %s: %w", p.name, err)
		}
	}
	if cerr := p.file.Close(); err == nil && cerr != nil {
		err = fmt.Errorf("close %s: %w", p.name, cerr)
	}
	if err != nil {
		return err
	}
	if err := p.folder.files.Link(p.full+tempSuffix, p.full); err != nil {
		return fmt.Errorf("commit %s: %w", p.name, err)
	}
	if err := p.folder.files.SyncDir(filepath.Dir(p.full)); err != nil {
		return fmt.Errorf("sync folder of %s: %w", p.name, err)
	}
	return nil
}

func (p *pendingFile) Discard() error {
	if p.done {
		return nil
	}
	p.done = true
	return errors.Join(p.file.Close(), p.folder.files.Remove(p.full+tempSuffix))
}
