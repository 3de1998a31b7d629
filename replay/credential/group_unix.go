//go:build unix

package credential

import (
	"os/exec"
	"syscall"
)

// inGroup gives the command a process group of its own, which ends as a whole: a
// script's children would go on otherwise. A terminal's interrupt does not reach it;
// the run that it is for ends it.
func inGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
