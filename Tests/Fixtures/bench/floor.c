// The least that a program can do to signal processes by their name: read the process table once with
// getdents64(2), look at each name, signal the matches. It checks nothing, confirms nothing and records
// nothing; it is the floor that a benchmark compares with, never a tool.
//
//   floor NAME [SIGNAL]     SIGNAL: a number, default SIGUSR1; 0 sends none
//
// Single-threaded, no library but libc.

#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int count, char **arguments) {
  if (count < 2) {
    fprintf(stderr, "usage: floor NAME [SIGNAL]\n");
    return 2;
  }
  const char *name = arguments[1];
  int signal = count > 2 ? atoi(arguments[2]) : SIGUSR1;
  size_t length = strlen(name);
  int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (proc < 0) {
    perror("floor: /proc");
    return 1;
  }
  static char entries[32768];
  int matches = 0;
  for (ssize_t size; (size = getdents64(proc, entries, sizeof entries)) > 0;) {
    for (ssize_t at = 0; at < size;) {
      struct dirent64 *entry = (struct dirent64 *)(entries + at);
      at += entry->d_reclen;
      if (!isdigit((unsigned char)entry->d_name[0])) continue;
      char path[64], comm[32];
      snprintf(path, sizeof path, "%.32s/comm", entry->d_name);
      int file = openat(proc, path, O_RDONLY | O_CLOEXEC);
      if (file < 0) continue;
      ssize_t read_size = read(file, comm, sizeof comm);
      close(file);
      if (read_size != (ssize_t)length + 1 || memcmp(comm, name, length) != 0) continue;
      matches++;
      if (signal != 0) kill(atoi(entry->d_name), signal);
    }
  }
  return matches > 0 ? 0 : 1;
}
