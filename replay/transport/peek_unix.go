//go:build unix

package transport

import (
	"net"
	"syscall"
)

// peek looks at the socket without taking anything from it: a connection that
// has nothing to say and has not been closed is alive.
func peek(nc net.Conn) (alive, known bool) {
	sc, ok := nc.(syscall.Conn)
	if !ok {
		return false, false
	}
	rc, err := sc.SyscallConn()
	if err != nil {
		return false, true
	}
	// Control, not Read: Read waits for the poller where there is nothing.
	err = rc.Control(func(fd uintptr) {
		var one [1]byte
		_, _, err := syscall.Recvfrom(int(fd), one[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		alive = err == syscall.EAGAIN || err == syscall.EINTR
	})
	return alive && err == nil, true
}
