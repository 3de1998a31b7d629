package packets

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
)

// measured reads data and measures the heap when it has all been read.
type measured struct {
	data *bytes.Reader
	heap uint64
}

func (m *measured) Read(p []byte) (int, error) {
	n, err := m.data.Read(p)
	if err == io.EOF && m.heap == 0 {
		m.heap = heapNow()
	}
	return n, err
}

func heapNow() uint64 {
	var s runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&s)
	return s.HeapAlloc
}

// TestF12_WhatIsHeldIsCharged: heads that announce bodies which never come, and
// requests in a pipeline that nobody answers, are held within the bound: both were
// once free of charge. (F12, F30)
func TestF12_WhatIsHeldIsCharged(t *testing.T) {
	const limit = 8 << 20
	long := "GET /a HTTP/1.1\r\nHost: h\r\nX-Long: " + strings.Repeat("l", 8000) + "\r\n\r\n"
	for name, write := range map[string]func(data *bytes.Buffer){
		"announced bodies": func(data *bytes.Buffer) {
			for i := range 4000 {
				k := newTalk().open().asks("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 262144\r\n\r\n{")
				writeFrom(data, k, i)
			}
		},
		"a pipeline": func(data *bytes.Buffer) {
			k := newTalk().open()
			for range 12_000 {
				k.asks(long)
			}
			writeFrom(data, k, 0)
		},
		"interim answers": func(data *bytes.Buffer) {
			k := newTalk().open().asks(getA)
			for range 12_000 {
				k.answers(strings.Replace(long, "GET /a HTTP/1.1", "HTTP/1.1 103 Early", 1))
			}
			writeFrom(data, k, 0)
		},
	} {
		t.Run(name, func(t *testing.T) {
			var data bytes.Buffer
			data.Write(newTalk().file(nil))
			write(&data)
			in := &measured{data: bytes.NewReader(data.Bytes())}
			before := heapNow()
			s, err := Open(in, Options{MemoryCap: limit})
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			for _, err := range s.Exchanges() {
				if err != nil {
					t.Fatal(err)
				}
				n++
			}
			if used := int64(in.heap) - int64(before); used > limit*3/2 {
				t.Errorf("%d MiB were held, the bound is %d MiB", used>>20, limit>>20)
			}
			checkClosed(t, s.Ledger())
			t.Log(fmt.Sprint(n, " exchanges, ", int64(in.heap)-int64(before), " bytes held, ", s.peak, " charged"))
		})
	}
}

// writeFrom appends a conversation as that of the i-th client.
func writeFrom(data *bytes.Buffer, k *talk, i int) {
	k.port = uint16(1 + i%60_000)
	for at, p := range k.packets {
		r := k.record(p, at)
		if p.client {
			binary.BigEndian.PutUint32(r[16+12:], 0x0b000000+uint32(i/60_000))
		}
		data.Write(r)
	}
}
