#ifndef CPROCPS_GENERATIONS_H
#define CPROCPS_GENERATIONS_H

// What both generations of the library have in common, and how it is corrected.

#include <stddef.h>

// The library takes what follows a file's last newline as one more line, though it is empty.
static inline char *const *without_empty_end(char **lines) {
  if (!lines) return NULL;
  size_t count = 0;
  while (lines[count]) count++;
  // The library frees the vector by its first element.
  if (count > 1 && !*lines[count - 1]) lines[count - 1] = NULL;
  return lines;
}

#endif
