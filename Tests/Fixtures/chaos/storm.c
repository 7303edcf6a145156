/* Processes that come and go as fast as pids can be used again, with the names of PlaceOS's services.
 *
 *   storm BOARD HITS RATE SEED
 *
 * RATE children a second; each lives for up to 60 ms. Most take a service's name (PR_SET_NAME) and write a
 * service's command line over their own; some have a thread of that name; now and then nobody waits for the
 * ended ones for a while, so that they are zombies. RENAMERS of them live on and change their name all the
 * time. None has a handler: a signal ends it, which waitpid(2) tells. Each is then a line `PID SIGNAL storm`
 * at the end of HITS.
 *
 * BOARD is a file mapped by all of them; what it counts stands in `struct board`. The children of one name
 * that were alive at any time between two moments are those born before the second less those that had ended
 * before the first.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define RENAMERS 8
#define NAME_COUNT 12
/* A child that bears no name, but has the pid that a service had before. */
#define REUSED_ONLY NAME_COUNT
#define PID_LIMIT 4194304 /* PID_MAX_LIMIT: proc_sys_kernel(5) */

/* The order is also known to whoever reads the board. */
static const char *const names[NAME_COUNT] = {
    "rest-api", "staff-api",     "triggers", "core",  "edge",         "frontends",
    "dispatch", "search-ingest", "source",   "build", "placeos-auth", "drivers_place_meet_c54390a",
};

struct board {
  _Atomic uint64_t born[16];
  _Atomic uint64_t ended[16];
  _Atomic uint64_t forked;
  _Atomic uint64_t reused; /* Children with a pid that a service had before. */
  _Atomic uint64_t spare[30];
  _Atomic uint8_t was_service[PID_LIMIT]; /* By pid; whoever starts the services sets it. */
};

static struct board *board;
static int hits_fd;
/* What each living child was counted under, by pid. */
static int8_t *counted_as;
static char *arguments;
static size_t arguments_size;

static uint64_t random_state;

static uint32_t random_below(uint32_t limit)
{
  random_state = random_state * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(random_state >> 33) % limit;
}

static void sleep_us(long us)
{
  struct timespec rest = {us / 1000000, us % 1000000 * 1000};
  nanosleep(&rest, NULL);
}

static void take_name(int name)
{
  prctl(PR_SET_NAME, names[name], 0, 0, 0);
  memset(arguments, 0, arguments_size);
  snprintf(arguments, arguments_size, "/%s", names[name]);
}

static void *idle(void *unused)
{
  for (;;)
    pause();
  return unused;
}

static void live(int name, int counted, uint32_t life_us, int has_thread)
{
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (name >= 0)
    take_name(name);
  if (has_thread) {
    pthread_t thread;
    pthread_create(&thread, NULL, idle, NULL);
  }
  sleep_us(life_us);
  if (counted >= 0)
    board->ended[counted]++;
  _exit(0);
}

static void rename_for_ever(uint64_t seed)
{
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  random_state = seed;
  for (;;) {
    take_name((int)random_below(NAME_COUNT));
    sleep_us(500 + random_below(3000));
  }
}

static void start_renamer(uint64_t seed)
{
  pid_t pid = fork();
  if (pid == 0)
    rename_for_ever(seed);
  if (pid > 0) {
    counted_as[pid] = -2;
    /* It bears each name in turn: it is counted under one. */
    board->born[0]++;
  }
}

static void start_one(void)
{
  int name = random_below(8) ? (int)random_below(NAME_COUNT) : -1;
  int has_thread = !random_below(16);
  uint32_t life_us = random_below(4) ? random_below(20000) : random_below(60000);
  /* The child may be over before fork(2) returns here: it counts its own birth. */
  pid_t pid = fork();
  if (pid < 0)
    return; /* No pid is free just now. */
  if (pid == 0) {
    pid_t own = getpid();
    int reused = board->was_service[own];
    int counted = name >= 0 ? name : reused ? REUSED_ONLY : -1;
    if (counted >= 0)
      board->born[counted]++;
    if (reused)
      board->reused++;
    live(name, counted, life_us, has_thread);
  }
  board->forked++;
  counted_as[pid] = (int8_t)(name >= 0 ? name : board->was_service[pid] ? REUSED_ONLY : -1);
}

static void reap(void)
{
  int status;
  pid_t pid;
  while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
    if (!WIFSIGNALED(status))
      continue;
    dprintf(hits_fd, "%d %d storm\n", pid, WTERMSIG(status));
    int counted = counted_as[pid];
    if (counted >= 0)
      board->ended[counted]++;
    if (counted == -2) {
      board->ended[0]++;
      start_renamer(random_state ^ (uint64_t)pid);
    }
  }
}

int main(int argc, char **argv)
{
  if (argc != 5) {
    fprintf(stderr, "usage: storm BOARD HITS RATE SEED\n");
    return 64;
  }
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  int file = open(argv[1], O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  hits_fd = open(argv[2], O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0 || hits_fd < 0 || ftruncate(file, sizeof *board) < 0) {
    perror("storm");
    return 70;
  }
  board = mmap(NULL, sizeof *board, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  counted_as = calloc(PID_LIMIT, 1);
  if (board == MAP_FAILED || !counted_as) {
    perror("storm");
    return 70;
  }
  long rate = atol(argv[3]);
  random_state = strtoull(argv[4], NULL, 10) * 2 + 1;
  prctl(PR_SET_NAME, "storm", 0, 0, 0);
  /* The strings of a command line lie behind one another: execve(2). */
  arguments = argv[0];
  arguments_size = (size_t)(argv[4] + strlen(argv[4]) - argv[0]);

  for (int i = 0; i < RENAMERS; i++)
    start_renamer(random_state + (uint64_t)i);
  struct timespec start, now;
  clock_gettime(CLOCK_MONOTONIC, &start);
  long done = 0;
  for (;;) {
    clock_gettime(CLOCK_MONOTONIC, &now);
    long ms = (now.tv_sec - start.tv_sec) * 1000 + (now.tv_nsec - start.tv_nsec) / 1000000;
    /* What could not be had in time is not made up for: the machine has others to serve. */
    long due = ms * rate / 1000;
    if (due - done > 16)
      done = due - 16;
    for (; done < due; done++)
      start_one();
    if (ms % 200 > 40)
      reap();
    sleep_us(1000);
  }
}
