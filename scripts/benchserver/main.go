// Command benchserver answers every HTTP/1.1 request with the same 1 KB, with
// as little work as it can, so that a client's cost is what a benchmark sees.
// It listens on a free loopback port and prints its address.
package main

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"strconv"
)

const bodySize = 1024

func main() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(l.Addr())
	answer := []byte("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: " +
		strconv.Itoa(bodySize) + "\r\n\r\n" + string(bytes.Repeat([]byte("x"), bodySize)))
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		go serve(conn, answer)
	}
}

// serve answers each blank line: requests without a body only.
func serve(conn net.Conn, answer []byte) {
	defer conn.Close()
	buf := make([]byte, 0, 16<<10)
	for {
		n, err := conn.Read(buf[len(buf):cap(buf)])
		if err != nil {
			return
		}
		buf = buf[:len(buf)+n]
		for {
			end := bytes.Index(buf, []byte("\r\n\r\n"))
			if end < 0 {
				break
			}
			if _, err := conn.Write(answer); err != nil {
				return
			}
			buf = append(buf[:0], buf[end+4:]...)
		}
		if len(buf) == cap(buf) {
			return // a request head of 16 KiB is none of the benchmark's
		}
	}
}
