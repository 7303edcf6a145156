#ifndef CLINUX_H
#define CLINUX_H

// System calls that glibc's Swift module lacks. No logic: each function is one call, with its own errno.

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// A descriptor that refers to the process `pid`, close-on-exec; -1 and errno on failure. pidfd_open(2).
int clinux_pidfd_open(pid_t pid);

/// Sends `signal` to the process behind `pidfd`; 0, or -1 and errno. pidfd_send_signal(2).
int clinux_pidfd_send_signal(int pidfd, int signal);

/// Reads `length` bytes at `address` of the process `pid` into `buffer`;
/// the number of bytes read, or -1 and errno. process_vm_readv(2).
ssize_t clinux_process_read(pid_t pid, uint64_t address, void *buffer, size_t length);

/// Reads entries of the open folder `descriptor` into `buffer`: the number of bytes, 0 at the end, or -1 and errno.
/// getdents64(2).
ssize_t clinux_getdents64(int descriptor, void *buffer, size_t length);

/// Nanoseconds on CLOCK_BOOTTIME; -1 and errno on failure. clock_gettime(2).
int64_t clinux_boottime_ns(void);

/// A timer on CLOCK_BOOTTIME as a descriptor, close-on-exec and non-blocking; -1 and errno. timerfd_create(2).
int clinux_boottime_timer(void);

/// Makes `timer` readable at `boottime_ns` of CLOCK_BOOTTIME; 0 stops it. 0, or -1 and errno.
/// timerfd_settime(2).
int clinux_set_timer(int timer, int64_t boottime_ns);

/// A descriptor that is readable while SIGTERM, SIGINT or SIGHUP is pending, all blocked from now on; -1 and
/// errno on failure. signalfd(2).
int clinux_end_signals(void);

/// Takes the next of these signals from `descriptor`; its number, 0 if none is pending, or -1 and errno.
int clinux_next_signal(int descriptor);

/// Takes an exclusive lock on the open file, which ends with its last descriptor; 0, or -1 and errno (EAGAIN:
/// another holder). fcntl(2), F_OFD_SETLK.
int clinux_lock(int file);

/// Releases that lock, whoever else has the open file. Returns 0, or -1 and errno. fcntl(2), F_OFD_SETLK.
int clinux_unlock(int file);

/// Whether another open file description holds such a lock; 1, 0, or -1 and errno. F_OFD_GETLK takes none.
int clinux_is_locked(int file);

/// A copy of this process: 0 in the copy, its pid in the original, or -1 and errno. fork(2).
pid_t clinux_fork(void);

/// Has the kernel send SIGKILL to this process when its parent ends; 0, or -1 and errno. prctl(2), PR_SET_PDEATHSIG.
int clinux_end_with_parent(void);

/// How many bytes can be read from the pipe `descriptor`; -1 and errno on failure. ioctl(2), FIONREAD.
int clinux_readable_bytes(int descriptor);

/// Moves the calling thread into the network namespace behind the open file; 0, or -1 and errno. setns(2).
int clinux_enter_network(int descriptor);

/// Makes a pipe, both ends close-on-exec, with room for `bytes` if the system allows it; 0, or -1 and errno.
/// pipe2(2), fcntl(2), F_SETPIPE_SZ.
int clinux_pipe(int ends[2], int bytes);

/// Splits a device number. makedev(3).
uint32_t clinux_major(dev_t device);
uint32_t clinux_minor(dev_t device);

/// Opens what a path leads to with O_PATH, as if `folder` were the root directory: links, absolute ones too,
/// stay below it, and those of /proc are not followed; openat2(2).
///
/// Returns a descriptor, or -1 with errno; ENOSYS if Linux is older than 5.6.
int clinux_open_path_in_root(int folder, const char *path);

#endif
