/* A program that behaves towards signals, and in its log, as a service of PlaceOS does; scripts/demo switches it.
 *
 * Its file has the name of the service. It ends on SIGTERM, on SIGINT, and with the process that started it.
 *
 *   -DTRACE=SYMBOL     at compile time: the name of its trace flag, by which placeos-loglevel tells dialects apart
 *   STANDIN_DIALECT    toggle (default): USR1 flips trace logging; USR2 is not trapped, so it kills
 *                      latch: USR1 switches trace logging on and USR2 off, each once
 *                      driver: USR1 flips trace logging; USR2 prints figures
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#ifndef TRACE
#define TRACE "PlaceOS::LogBackend::trace"
#endif

/* One byte in .bss, 0 or 1: what placeos-loglevel reads. Volatile, because another process reads it. */
static volatile uint8_t trace __asm__("\"" TRACE "\"") __attribute__((used));

static enum { TOGGLE, LATCH, DRIVER } dialect;
static const char *program;
static char source[64];
static unsigned ticks;

static void fail(const char *call)
{
  fprintf(stderr, "standin: %s: %s\n", call, strerror(errno));
  exit(1);
}

/* A line in one write(2), so that nobody reads half of it; a reader that is gone does not end a service. */
static void print(const char *line)
{
  char text[512];
  int count = snprintf(text, sizeof text, "%s\n", line);
  ssize_t written = write(STDOUT_FILENO, text, (size_t)count);
  (void)written;
}

/* level=[I] time=2026-11-22T21:58:55Z program=rest-api source=place_os.rest_api message="…" */
static void log_line(char level, const char *from, const char *message)
{
  char moment[32], line[400];
  time_t now = time(NULL);
  struct tm parts;
  strftime(moment, sizeof moment, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &parts));
  snprintf(line, sizeof line, "level=[%c] time=%s program=%s%s%s message=\"%s\"", level, moment, program,
           from ? " source=" : "", from ? from : "", message);
  print(line);
}

static int signals[2];

/* Only what signal-safety(7) allows. A full pipe must not hold up a handler. */
static void pass_on(int number)
{
  int saved = errno;
  uint8_t byte = (uint8_t)number;
  ssize_t written = write(signals[1], &byte, 1);
  (void)written;
  errno = saved;
}

static void dispose(int number, void (*handler)(int))
{
  struct sigaction action = {.sa_flags = SA_RESTART};
  action.sa_handler = handler;
  if (sigaction(number, &action, NULL) != 0) fail("sigaction");
}

static void switch_to(bool debug)
{
  char message[200];
  trace = debug;
  switch (dialect) {
  case TOGGLE:
    snprintf(message, sizeof message, "default log level changed to %s", debug ? "Trace" : "Info");
    log_line('I', "place_os.log_backend", message);
    snprintf(message, sizeof message, "action-controller.*, place_os.*, %s.* log level changed to %s", program,
             debug ? "Trace" : "Info");
    log_line('I', "place_os.log_backend", message);
    break;
  case LATCH: print(debug ? " > Log level changed to Trace" : " > Log level changed to Info"); break;
  case DRIVER: log_line('I', NULL, debug ? "> Log level changed to Trace" : "> Log level changed to Error"); break;
  }
}

/* Does what a signal asks for. */
static void act_on(int number)
{
  if (number == SIGTERM || number == SIGINT) {
    print(" > terminating gracefully");
    exit(0);
  }
  if (dialect == DRIVER && number == SIGUSR2) {
    char line[100];
    snprintf(line, sizeof line, "Statistics of %s: process %d, %u polls", program, getpid(), ticks);
    return print(line);
  }
  switch_to(dialect == LATCH ? number == SIGUSR1 : !trace);
  dispose(number, SIG_IGN);
  /* As the real handlers do: ignored for a moment, then trapped anew. A latch stays as it is. */
  if (dialect != LATCH) dispose(number, pass_on);
}

/* A request comes in, or a driver asks its device: a trace line each, and now and then a summary. */
static void tick(void)
{
  static const char *const paths[] = {"systems", "modules", "zones"};
  char message[120];
  ticks++;
  if (dialect == DRIVER)
    snprintf(message, sizeof message, "poll %u: the device answers in %u ms", ticks, ticks * 7 % 40 + 2);
  else
    snprintf(message, sizeof message, "request %u: GET /api/engine/v2/%s 200 in %u ms", ticks, paths[ticks % 3],
             ticks * 7 % 40 + 2);
  if (trace) log_line('T', source, message);
  if (dialect != DRIVER && ticks % 10 == 0) log_line('I', source, "10 requests served, none failed");
}

int main(int count, char **arguments)
{
  pid_t parent = getppid();
  const char *named = getenv("STANDIN_DIALECT");
  if (count > 1 && strcmp(arguments[1], "--help") == 0) return 0;
  if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0) fail("prctl");
  /* It may have ended before the request took effect. */
  if (getppid() != parent) return 0;
  dialect = !named ? TOGGLE : strcmp(named, "latch") == 0 ? LATCH : strcmp(named, "driver") == 0 ? DRIVER : TOGGLE;
  program = strrchr(arguments[0], '/') ? strrchr(arguments[0], '/') + 1 : arguments[0];
  snprintf(source, sizeof source, "place_os.%s", program);
  for (char *letter = source; *letter; letter++)
    if (!isalnum((unsigned char)*letter) && *letter != '.') *letter = '_';
  signal(SIGPIPE, SIG_IGN);
  if (pipe2(signals, O_CLOEXEC | O_NONBLOCK) != 0) fail("pipe2");
  dispose(SIGTERM, pass_on);
  dispose(SIGINT, pass_on);
  dispose(SIGUSR1, pass_on);
  if (dialect != TOGGLE) dispose(SIGUSR2, pass_on);
  char message[100];
  snprintf(message, sizeof message, "Launching %s", program);
  if (dialect != DRIVER) log_line('I', source, message);
  for (;;) {
    struct pollfd awaited = {.fd = signals[0], .events = POLLIN};
    uint8_t number;
    int ready = poll(&awaited, 1, 300);
    if (ready > 0 && read(signals[0], &number, 1) == 1) act_on(number);
    if (ready == 0) tick();
  }
}
