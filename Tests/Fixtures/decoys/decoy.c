/* A process that is not PlaceOS's and tells of every signal that it gets.
 *
 * Each signal received becomes one line `PID SIGNO SENDER_PID COMM` at the end of the file named
 * by DECOY_SIGNAL_FILE (SENDER_PID is 0 where the kernel, or another pid namespace, sent it; in
 * COMM what is not printable ASCII is written \xNN). Once set up it prints `ready PID`, the PID
 * being the one to look at, and goes on until its standard input ends (where that is a pipe or a
 * socket), its parent is gone, or SIGKILL.
 *
 * DECOY_COMM=BYTES      its comm (cut at 15 bytes by the kernel); else the executable's name
 * DECOY_ARGV0=BYTES     runs itself again with that argv[0]
 * DECOY_IGNORE_USR1=1   USR1 is ignored (and so cannot be recorded)
 * DECOY_NO_HANDLER=1    default dispositions; a parent of its own, named decoy-watch, records
 *                       the signal that stopped or ended it, SENDER_PID being 0
 * DECOY_EXEC=PATH       with DECOY_NO_HANDLER: the watched process is this program, given this
 *                       one's arguments (and DECOY_ARGV0); what it prints is dropped, lest
 *                       it come before `ready PID`
 * DECOY_FORWARD=1       as docker-init does: runs its arguments (after `--`, if there is one) as
 *                       a child, forwards to it each signal it gets, ends as the child ends
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define COMM_BYTES 16 /* TASK_COMM_LEN, the terminating zero included: proc(5) */

extern char **environ;

static int record_fd = -1;
static char escaped_comm[4 * COMM_BYTES];
static volatile sig_atomic_t forward_to = 0;

static void fail(const char *what)
{
  fprintf(stderr, "decoy: %s: %s\n", what, strerror(errno));
  exit(70);
}

static int is_set(const char *variable)
{
  const char *value = getenv(variable);
  return value && *value && strcmp(value, "0") != 0;
}

/* The kernel's word for the comm, printable: a line of the record must stay one line. */
static void remember_comm(void)
{
  char comm[COMM_BYTES] = "";
  prctl(PR_GET_NAME, comm, 0, 0, 0);
  char *to = escaped_comm;
  for (const char *from = comm; *from; from++) {
    unsigned char byte = (unsigned char)*from;
    if (byte > ' ' && byte < 127 && byte != '\\')
      *to++ = *from;
    else
      to += sprintf(to, "\\x%02X", byte);
  }
  *to = 0;
}

static char *put_number(char *to, long number)
{
  char digits[24];
  int count = 0;
  do {
    digits[count++] = (char)('0' + number % 10);
    number /= 10;
  } while (number > 0);
  while (count > 0)
    *to++ = digits[--count];
  return to;
}

/* One write(2) on an O_APPEND file, so that no two lines mix. Async-signal-safe. */
static void record(long pid, int signo, long sender)
{
  if (record_fd < 0)
    return;
  char line[160], *end = line;
  end = put_number(end, pid);
  *end++ = ' ';
  end = put_number(end, signo);
  *end++ = ' ';
  end = put_number(end, sender);
  *end++ = ' ';
  size_t length = strlen(escaped_comm);
  memcpy(end, escaped_comm, length);
  end += length;
  *end++ = '\n';
  if (write(record_fd, line, (size_t)(end - line)) < 0)
    return; /* Nothing is left to tell it to. */
}

static void on_signal(int signo, siginfo_t *info, void *context)
{
  (void)context;
  int saved = errno;
  int from_kernel = info->si_code > 0;
  record(getpid(), signo, from_kernel ? 0 : info->si_pid);
  if (from_kernel && (signo == SIGSEGV || signo == SIGBUS || signo == SIGFPE || signo == SIGILL))
    signal(signo, SIG_DFL); /* A fault of our own would come again for ever. */
  if (forward_to > 0)
    kill(forward_to, signo);
  errno = saved;
}

static void catch_everything(int but)
{
  struct sigaction action = {.sa_flags = SA_SIGINFO | SA_RESTART};
  action.sa_sigaction = on_signal;
  sigfillset(&action.sa_mask);
  for (int signo = 1; signo <= SIGRTMAX; signo++)
    if (signo != SIGKILL && signo != SIGSTOP && signo != but)
      sigaction(signo, &action, NULL); /* libc keeps two for itself and says EINVAL */
}

static void on_child(int signo)
{
  (void)signo; /* It only cuts poll(2) short. */
}

static void default_everything(void)
{
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  for (int signo = 1; signo <= SIGRTMAX; signo++)
    signal(signo, SIG_DFL);
}

static void set_comm(const char *name)
{
  if (name && prctl(PR_SET_NAME, name, 0, 0, 0) < 0)
    fail("PR_SET_NAME");
}

/* What the process is told by its environment must not be told to what it runs. */
static void forget_orders(void)
{
  static const char *const orders[] = {"DECOY_COMM",       "DECOY_ARGV0", "DECOY_IGNORE_USR1",
                                       "DECOY_NO_HANDLER", "DECOY_EXEC",  "DECOY_FORWARD"};
  for (size_t i = 0; i < sizeof orders / sizeof *orders; i++)
    unsetenv(orders[i]);
}

static void announce(long pid)
{
  char line[40] = "ready ", *end = put_number(line + 6, pid);
  *end++ = '\n';
  if (write(STDOUT_FILENO, line, (size_t)(end - line)) < 0)
    return; /* No one listens, which is their choice. */
}

static int stdin_can_end(void)
{
  struct stat status;
  return fstat(STDIN_FILENO, &status) == 0 && (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode));
}

/* True where no one is left who could stop this process.
 * The parent is looked at rather than asked for with PR_SET_PDEATHSIG: that one fires when the
 * thread that forked ends (prctl(2)), and a test runner's threads come and go. */
static int is_abandoned(pid_t parent, int watch_stdin)
{
  struct pollfd input = {.fd = watch_stdin ? STDIN_FILENO : -1, .events = POLLIN};
  if (poll(&input, 1, 500) > 0) {
    char waste[256];
    ssize_t count = read(STDIN_FILENO, waste, sizeof waste);
    if (count == 0 || (count < 0 && errno != EINTR && errno != EAGAIN))
      return 1;
  }
  return getppid() != parent;
}

/* Dies with the process that forked it, which has one thread only. */
static void die_with(pid_t parent)
{
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (getppid() != parent)
    _exit(0);
}

static int exit_status(int status)
{
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* The command line of a watcher must not be that of what it watches. */
static void overwrite_arguments(int argc, char **argv)
{
  char *first = argv[0], *last = argv[argc - 1] + strlen(argv[argc - 1]);
  memset(first, 0, (size_t)(last - first));
  strncpy(first, "decoy-watch", (size_t)(last - first));
}

/* Waits for the child, records what stopped or ended it, kills it when abandoned. */
static int watch(pid_t child, pid_t parent, int watch_stdin)
{
  for (;;) {
    int status;
    pid_t got = waitpid(child, &status, WNOHANG | WUNTRACED | WCONTINUED);
    if (got == child) {
      if (WIFSTOPPED(status))
        record(child, WSTOPSIG(status), 0);
      else if (WIFCONTINUED(status))
        record(child, SIGCONT, 0);
      else {
        if (WIFSIGNALED(status))
          record(child, WTERMSIG(status), 0);
        return exit_status(status);
      }
    } else if (got < 0 && errno != EINTR)
      return 70;
    if (is_abandoned(parent, watch_stdin)) {
      kill(child, SIGKILL);
      return 0;
    }
  }
}

int main(int argc, char **argv)
{
  pid_t parent = getppid(), self = getpid();
  int watch_stdin = stdin_can_end();

  const char *file = getenv("DECOY_SIGNAL_FILE");
  if (file && (record_fd = open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666)) < 0)
    fail(file);

  char own[PATH_MAX];
  ssize_t length = readlink("/proc/self/exe", own, sizeof own - 1);
  own[length < 0 ? 0 : length] = 0;

  char *argv0 = getenv("DECOY_ARGV0");
  const char *program = getenv("DECOY_EXEC");
  if (argv0 && !program) {
    /* By its path: through /proc/self/exe the comm would be `exe`. */
    argv[0] = strdup(argv0);
    unsetenv("DECOY_ARGV0");
    execve(own, argv, environ);
    fail(own);
  }
  const char *slash = program ? strrchr(program, '/') : NULL;
  set_comm(program ? (slash ? slash + 1 : program) : getenv("DECOY_COMM"));
  remember_comm();

  if (is_set("DECOY_NO_HANDLER")) {
    int started[2]; /* Closed by exec: only then is the child what it is to be. */
    if (pipe2(started, O_CLOEXEC) < 0)
      fail("pipe2");
    pid_t child = fork();
    if (child < 0)
      fail("fork");
    if (child == 0) {
      die_with(self);
      if (program) {
        argv[0] = argv0 ? argv0 : argv[0];
        program = strdup(program);
        argv[0] = strdup(argv[0]);
        forget_orders();
        default_everything();
        int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
        dup2(nowhere, STDOUT_FILENO);
        execve(program, argv, environ);
        fail(program);
      }
      default_everything();
      announce(getpid());
      for (;;)
        pause();
    }
    if (program) {
      char waste;
      close(started[1]);
      while (read(started[0], &waste, 1) < 0 && errno == EINTR)
        ;
      announce(child);
    }
    overwrite_arguments(argc, argv);
    catch_everything(SIGCHLD);
    signal(SIGCHLD, on_child);
    prctl(PR_SET_NAME, "decoy-watch", 0, 0, 0);
    return watch(child, parent, watch_stdin);
  }

  if (is_set("DECOY_FORWARD")) {
    char **command = argv + 1;
    for (char **at = argv + 1; *at; at++)
      if (strcmp(*at, "--") == 0) {
        command = at + 1;
        break;
      }
    if (!*command) {
      fprintf(stderr, "decoy: nothing to run\n");
      return 64;
    }
    pid_t child = fork();
    if (child < 0)
      fail("fork");
    if (child == 0) {
      die_with(self);
      forget_orders();
      execvp(*command, command);
      fail(*command);
    }
    forward_to = child;
    catch_everything(SIGCHLD);
    signal(SIGCHLD, on_child);
    announce(self);
    for (;;) {
      int status;
      if (waitpid(child, &status, WNOHANG) == child)
        return exit_status(status);
      if (is_abandoned(parent, watch_stdin)) {
        kill(child, SIGKILL);
        return 0;
      }
    }
  }

  catch_everything(0);
  if (is_set("DECOY_IGNORE_USR1"))
    signal(SIGUSR1, SIG_IGN);
  announce(self);
  while (!is_abandoned(parent, watch_stdin))
    ;
  return 0;
}
