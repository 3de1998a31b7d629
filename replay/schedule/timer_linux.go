package schedule

import (
	"context"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// kernelTimer waits on a timerfd. The runtime rounds its own sleeps up to the
// milliseconds of epoll_wait when it idles; a descriptor that becomes readable
// wakes the same epoll_wait at once, and timerfd has no timer slack. A thread
// locked in clock_nanosleep was tried: it is as late by its slack (50 us) and
// holds a processor back from the goroutine it wakes.
type kernelTimer struct {
	file *os.File
	fd   int
}

func precise() Timer {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return nil
	}
	return &kernelTimer{file: os.NewFile(uintptr(fd), "timerfd"), fd: fd}
}

// Sleep implements Timer.
func (k *kernelTimer) Sleep(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil || d <= 0 {
		return err
	}
	// A leftover deadline of an earlier cancellation would end the read.
	if err := k.file.SetReadDeadline(time.Time{}); err != nil {
		return fmt.Errorf("timer: %w", err)
	}
	stop := context.AfterFunc(ctx, func() { k.file.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	spec := unix.ItimerSpec{Value: unix.NsecToTimespec(int64(d))}
	if err := unix.TimerfdSettime(k.fd, 0, &spec, nil); err != nil {
		return fmt.Errorf("timer: %w", err)
	}
	var ticks [8]byte
	if _, err := k.file.Read(ticks[:]); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("timer: %w", err)
	}
	return nil
}

// Close implements Timer.
func (k *kernelTimer) Close() error { return k.file.Close() }
