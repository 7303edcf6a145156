/* A wall clock that is wrong by CHAOS_WALL_SHIFT_S seconds, for one process (LD_PRELOAD). The kernel has one
 * wall clock for all: time_namespaces(7) are about the others. CLOCK_BOOTTIME and CLOCK_MONOTONIC stay true.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

static long long shift_s(void)
{
  const char *text = getenv("CHAOS_WALL_SHIFT_S");
  return text ? atoll(text) : 0;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
  static int (*true_clock)(clockid_t, struct timespec *);
  if (!true_clock)
    *(void **)&true_clock = dlsym(RTLD_NEXT, "clock_gettime");
  int result = true_clock(clock, now);
  if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
    now->tv_sec += shift_s();
  return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
  struct timespec exact;
  (void)zone;
  if (clock_gettime(CLOCK_REALTIME, &exact) != 0)
    return -1;
  now->tv_sec = exact.tv_sec;
  now->tv_usec = exact.tv_nsec / 1000;
  return 0;
}

time_t time(time_t *result)
{
  struct timespec now;
  if (clock_gettime(CLOCK_REALTIME, &now) != 0)
    return -1;
  if (result)
    *result = now.tv_sec;
  return now.tv_sec;
}
