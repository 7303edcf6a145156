/* Runs a command and kills it with SIGKILL on its way into the Nth system call that it makes, counted over all
 * of its threads and children. That call is not carried out any more: ptrace(2), "Syscall-stops".
 *
 *   killat N COUNT_FILE COMMAND [ARGUMENT...]
 *
 * N = 0 kills nothing. COUNT_FILE gets the number of calls that were made. Exits as the command does; 137 if
 * it was killed.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#define OPTIONS \
  (PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | \
   PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC)
#define SYSCALL_STOP (SIGTRAP | 0x80)
#define PID_LIMIT 4194304

/* Whether a thread is inside a system call, by its id. */
static unsigned char *inside;

int main(int argc, char **argv)
{
  if (argc < 4) {
    fprintf(stderr, "usage: killat N COUNT_FILE COMMAND [ARGUMENT...]\n");
    return 64;
  }
  long at = atol(argv[1]), count = 0;
  inside = calloc(PID_LIMIT, 1);
  pid_t child = fork();
  if (child < 0 || !inside) {
    perror("killat");
    return 70;
  }
  if (child == 0) {
    ptrace(PTRACE_TRACEME, 0, 0, 0);
    raise(SIGSTOP);
    execv(argv[3], argv + 3);
    perror(argv[3]);
    _exit(70);
  }
  int status;
  if (waitpid(child, &status, 0) < 0 || ptrace(PTRACE_SETOPTIONS, child, 0, OPTIONS) < 0) {
    perror("killat");
    return 70;
  }
  /* What is done before execve(2) is not the command's. */
  int started = 0, exit_status = 70;
  ptrace(PTRACE_SYSCALL, child, 0, 0);
  for (;;) {
    pid_t pid = waitpid(-1, &status, __WALL);
    if (pid < 0) {
      if (errno == EINTR)
        continue;
      break;
    }
    if (WIFEXITED(status) || WIFSIGNALED(status)) {
      if (pid == child)
        exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
      continue;
    }
    int deliver = 0, stop = WSTOPSIG(status), event = status >> 16;
    if (stop == SYSCALL_STOP) {
      inside[pid] = !inside[pid];
      if (started && inside[pid] && ++count == at) {
        kill(child, SIGKILL);
        /* A child of the command's goes on, and has to see for itself that it is alone. */
        if (pid == child)
          continue;
      }
    } else if (event == PTRACE_EVENT_EXEC)
      started = 1;
    else if (!event && stop != SIGSTOP && stop != SIGTRAP)
      deliver = stop;
    ptrace(PTRACE_SYSCALL, pid, 0, deliver);
  }
  FILE *file = fopen(argv[2], "w");
  if (!file || fprintf(file, "%ld\n", count) < 0 || fclose(file) != 0) {
    perror(argv[2]);
    return 70;
  }
  return exit_status;
}
