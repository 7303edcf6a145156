/* Runs a command to which the kernel refuses process_vm_readv(2): a hardened host, a container's seccomp
 * profile, Yama. All else is as it was.
 *
 *   refuse [--file] COMMAND [ARGUMENT...]
 *
 * With --file it refuses pread(2) of a single byte as well, which is how that byte is read from /proc/PID/mem.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
  /* The architecture is not asked for: what is tested here makes native calls only. */
  int file = argc > 1 && strcmp(argv[1], "--file") == 0;
  struct sock_filter steps[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_process_vm_readv, 3, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, file ? SYS_pread64 : SYS_process_vm_readv, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2])),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog filter = {.len = sizeof steps / sizeof *steps, .filter = steps};
  argc -= file;
  argv += file;
  if (argc < 2) {
    fprintf(stderr, "usage: refuse [--file] COMMAND [ARGUMENT...]\n");
    return 64;
  }
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) < 0) {
    fprintf(stderr, "refuse: %s\n", strerror(errno));
    return 70;
  }
  execvp(argv[1], argv + 1);
  fprintf(stderr, "refuse: %s: %s\n", argv[1], strerror(errno));
  return 70;
}
