#ifndef CPROCPS_GENERATIONS_H
#define CPROCPS_GENERATIONS_H

// What both generations of the library have in common, and how it is put right.

#include <errno.h>
#include <stddef.h>

// The answer of cprocps_table_next where the library gave NULL, which it does both at the end and on failure. At
// the end errno may be what the last processes left behind that it passed over: they ended meanwhile, or may not
// be looked at (hidepid, proc(5)). A walk that found nothing, not even its own process, is no end.
static inline int walk_end(int has_found) {
  if (!has_found && errno == 0) errno = ENOENT;
  int is_passed_over = errno == ENOENT || errno == ESRCH || errno == EPERM || errno == EACCES;
  return has_found && (errno == 0 || is_passed_over) ? 0 : -1;
}

// The library takes what follows the last newline of a file for a line of its own, though it is empty.
static inline char *const *without_empty_end(char **lines) {
  if (!lines) return NULL;
  size_t count = 0;
  while (lines[count]) count++;
  // The library frees the vector by its first element.
  if (count > 1 && !*lines[count - 1]) lines[count - 1] = NULL;
  return lines;
}

#endif
