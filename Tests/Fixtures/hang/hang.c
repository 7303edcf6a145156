// A file system with one file, `log`, that takes what is written to it and answers no read, as one of a server that is
// gone. Whoever reads sleeps where nothing can end it, until this program ends.
//
//   hang FOLDER     mounts it on FOLDER; FUSE, fuse(4), linux/fuse.h
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <unistd.h>

enum { ROOT = 1, LOG = 2 };

static int device;
static uint64_t size;

static void reply(const struct fuse_in_header *request, int error, const void *body, size_t length) {
  struct fuse_out_header header = {.len = sizeof header + length, .error = error, .unique = request->unique};
  struct iovec parts[] = {{&header, sizeof header}, {(void *)body, length}};
  if (writev(device, parts, length ? 2 : 1) < 0 && errno != ENOENT) perror("hang: reply");
}

static struct fuse_attr attributes(uint64_t node) {
  struct fuse_attr attributes = {.ino = node, .nlink = 1, .mode = S_IFREG | 0644, .size = size, .blksize = 4096};
  if (node == ROOT) attributes.mode = S_IFDIR | 0755;
  return attributes;
}

static void answer(const struct fuse_in_header *request) {
  const void *body = request + 1;
  switch (request->opcode) {
    case FUSE_INIT: {
      struct fuse_init_out out = {
          .major = FUSE_KERNEL_VERSION, .minor = FUSE_KERNEL_MINOR_VERSION, .max_write = 64 << 10};
      return reply(request, 0, &out, sizeof out);
    }
    case FUSE_LOOKUP: {
      if (strcmp(body, "log") != 0) return reply(request, -ENOENT, NULL, 0);
      struct fuse_entry_out out = {.nodeid = LOG, .attr = attributes(LOG)};
      return reply(request, 0, &out, sizeof out);
    }
    case FUSE_GETATTR:
    case FUSE_SETATTR: {
      struct fuse_attr_out out = {.attr = attributes(request->nodeid)};
      return reply(request, 0, &out, sizeof out);
    }
    case FUSE_OPEN: {
      struct fuse_open_out out = {.open_flags = FOPEN_DIRECT_IO};
      return reply(request, 0, &out, sizeof out);
    }
    case FUSE_WRITE: {
      const struct fuse_write_in *in = body;
      struct fuse_write_out out = {.size = in->size};
      size = in->offset + in->size;
      return reply(request, 0, &out, sizeof out);
    }
    case FUSE_FLUSH:
    case FUSE_RELEASE:
    case FUSE_ACCESS: return reply(request, 0, NULL, 0);
    case FUSE_READ:
    case FUSE_FORGET:
    case FUSE_BATCH_FORGET:
    case FUSE_INTERRUPT: return;
    default: return reply(request, -ENOSYS, NULL, 0);
  }
}

int main(int count, char **words) {
  static _Alignas(8) char request[(64 << 10) + 4096];
  char options[128];
  if (count != 2) return 2;
  // A machine of a test has no such device.
  mknod("/dev/fuse", S_IFCHR | 0600, makedev(10, 229));
  device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
  snprintf(options, sizeof options, "fd=%d,rootmode=40755,user_id=0,group_id=0", device);
  if (device < 0 || mount("hang", words[1], "fuse", MS_NOSUID | MS_NODEV, options) != 0) {
    perror("hang: mount");
    return 1;
  }
  while (read(device, request, sizeof request) > 0 || errno == EINTR || errno == ENOENT) {
    answer((const struct fuse_in_header *)request);
  }
  return 0;
}
