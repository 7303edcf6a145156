#define _GNU_SOURCE
#include "clinux.h"

#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

int clinux_pidfd_open(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

int clinux_pidfd_send_signal(int pidfd, int signal) {
  return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
}

ssize_t clinux_process_read(pid_t pid, uint64_t address, void *buffer, size_t length) {
  struct iovec local = {.iov_base = buffer, .iov_len = length};
  struct iovec remote = {.iov_base = (void *)(uintptr_t)address, .iov_len = length};
  return process_vm_readv(pid, &local, 1, &remote, 1, 0);
}

ssize_t clinux_getdents64(int descriptor, void *buffer, size_t length) {
  return syscall(SYS_getdents64, descriptor, buffer, length);
}

int64_t clinux_boottime_ns(void) {
  struct timespec now;
  if (clock_gettime(CLOCK_BOOTTIME, &now) != 0) return -1;
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void clinux_syslog(int priority, const char *message) { syslog(LOG_DAEMON | priority, "%s", message); }

uint32_t clinux_major(dev_t device) { return major(device); }
uint32_t clinux_minor(dev_t device) { return minor(device); }
