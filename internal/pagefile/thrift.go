package pagefile

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Libraries take memory for a list or a text as soon as they have read how long it
// says it is. A thriftScan goes through the bytes first, taking none.

// What is wrong with a structure of Thrift's compact protocol.
var (
	ErrShort   = errors.New("the bytes end early")
	errLengths = errors.New("lengths that the bytes do not hold")
)

// maxText is more than any text of a footer has, in bytes; it only tells what is said.
const maxText = 256 << 20

// maxThriftDepth is more than a footer's structures are deep.
const maxThriftDepth = 24

// Types of Thrift's compact protocol.
const (
	thriftTrue = iota + 1
	thriftFalse
	thriftByte
	thriftI16
	thriftI32
	thriftI64
	thriftDouble
	thriftBinary
	thriftList
	thriftSet
	thriftMap
	thriftStruct
)

type thriftScan struct {
	b  []byte
	at int
}

// StructureLength returns how many bytes the structure takes with which b begins, a
// footer or a page's header. Its error is ErrShort where more bytes might help.
func StructureLength(b []byte) (int, error) {
	s := thriftScan{b: b}
	err := s.structure(0, 0)
	return s.at, err
}

// Where a footer's lists of structures stand, as their fields' numbers; and how many
// bytes each of them has at least: they take some 25 times that in memory.
const (
	pathSchema  = 2
	pathGroups  = 4
	pathColumns = 4<<8 | 1
)

func leastStruct(path uint64) int {
	switch path {
	case pathSchema:
		return 4
	case pathGroups:
		return 8
	case pathColumns:
		return 24
	}
	return 1
}

// structure goes through fields to the stop behind them. path is the fields' numbers
// down to here, a byte each.
func (s *thriftScan) structure(path uint64, depth int) error {
	if depth > maxThriftDepth {
		return fmt.Errorf("structures %d deep: %w", depth, errLengths)
	}
	id := uint64(0)
	for {
		head, err := s.byte()
		if err != nil || head == 0 {
			return err
		}
		if id += uint64(head >> 4); head>>4 == 0 {
			if id, err = s.uvarint(); err != nil {
				return err
			}
			id >>= 1 // zigzag; no field of Parquet's is negative
		}
		if head&15 == thriftTrue || head&15 == thriftFalse {
			continue // the type is the value
		}
		if err := s.value(head&15, path<<8|id&0xFF, depth+1); err != nil {
			return err
		}
	}
}

func (s *thriftScan) value(kind byte, path uint64, depth int) error {
	switch kind {
	case thriftTrue, thriftFalse, thriftByte:
		return s.skip(1)
	case thriftI16, thriftI32, thriftI64:
		_, err := s.uvarint()
		return err
	case thriftDouble:
		return s.skip(8)
	case thriftBinary:
		n, err := s.uvarint()
		if err != nil {
			return err
		}
		return s.skip(n)
	case thriftList, thriftSet:
		return s.list(path, depth)
	case thriftStruct:
		return s.structure(path, depth)
	}
	return fmt.Errorf("a value of type %d: %w", kind, errLengths) // Parquet has no maps
}

func (s *thriftScan) list(path uint64, depth int) error {
	head, err := s.byte()
	if err != nil {
		return err
	}
	n := uint64(head >> 4)
	if n == 15 {
		if n, err = s.uvarint(); err != nil {
			return err
		}
	}
	if depth > maxThriftDepth || n > uint64(len(s.b)-s.at) {
		if n > maxFooter || depth > maxThriftDepth {
			return fmt.Errorf("a list of %d: %w", n, errLengths)
		}
		return ErrShort
	}
	start := s.at
	for range n {
		if err := s.value(head&15, path, depth+1); err != nil {
			return err
		}
	}
	if least := leastStruct(path); head&15 == thriftStruct && s.at-start < int(n)*least {
		return fmt.Errorf("%d structures in %d bytes: %w", n, s.at-start, errLengths)
	}
	return nil
}

func (s *thriftScan) byte() (byte, error) {
	if s.at == len(s.b) {
		return 0, ErrShort
	}
	s.at++
	return s.b[s.at-1], nil
}

func (s *thriftScan) uvarint() (uint64, error) {
	v, n := binary.Uvarint(s.b[s.at:])
	switch {
	case n == 0:
		return 0, ErrShort
	case n < 0:
		return 0, fmt.Errorf("a number beyond 64 bits: %w", errLengths)
	}
	s.at += n
	return v, nil
}

func (s *thriftScan) skip(n uint64) error {
	if n > uint64(len(s.b)-s.at) {
		if n > maxText {
			return fmt.Errorf("a text of %d bytes: %w", n, errLengths)
		}
		return ErrShort
	}
	s.at += int(n)
	return nil
}
