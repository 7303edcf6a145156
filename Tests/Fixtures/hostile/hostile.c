// A PlaceOS service that behaves until it is told not to, as any unprivileged user could run one.
//
//   hostile serve            a service: toggles its flag on SIGUSR1, and misbehaves when $HOSTILE_TRIGGER appears, or never
//                            where none is named
//   hostile hang PATH NAME   the same, executed as NAME from an overlay over a FUSE of its own at PATH, which answers
//                            no more once $HOSTILE_TRIGGER appears
//   hostile mounts COUNT     the same, with so many mounts stacked in a mount namespace of its own
//   hostile symbols OUT N    writes a copy of itself with N symbols that have the flag's name
//
// What it does when it is told to is $HOSTILE_ATTACK:
//   args      executes itself with 5 MB of arguments
//   churn     executes itself again and again, with more and less arguments
//   cmdline   claims 4 MiB of memory as its command line, prctl(2) PR_SET_MM_MAP
//   entry     claims that its program begins in a page of its FUSE (only under hang)
//   rename    renames a folder above it, so that its path is longer than PATH_MAX
//   thread    ends its main thread, and lives on in another
//   fork      forks children that share its handler, again and again
//   (none)    nothing
//
// It writes to $HOSTILE_TRUTH "READY PID" once it has its handler, then "SIGNAL" for each signal that it has acted upon,
// and "DONE" once it has misbehaved.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <elf.h>
#include <linux/fuse.h>
#include <linux/prctl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

// The names that Crystal gives to the flag of PlaceOS's log backend, and to one of its types.
volatile char flag __asm__("\"PlaceOS::LogBackend::trace\"") = 0;

static const char *truth_path, *trigger_path, *attack;

static void fail(const char *what) {
  fprintf(stderr, "hostile: %s: %s\n", what, strerror(errno));
  exit(1);
}

static void tell(const char *word) {
  char line[64];
  int length = snprintf(line, sizeof line, "%s %d\n", word, getpid());
  int file = open(truth_path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
  if (file < 0 || write(file, line, length) != length) _exit(9);
  close(file);
}

static void on_signal(int number) {
  (void)number;
  int code = errno;
  flag = !flag;
  tell("SIGNAL");
  errno = code;
}

static int is_triggered(void) { return access(trigger_path, F_OK) == 0; }

// ---- the attacks

static void execute_with(size_t bytes) {
  struct rlimit stack = {RLIM_INFINITY, RLIM_INFINITY};
  setrlimit(RLIMIT_STACK, &stack);
  size_t each = 100 << 10, count = bytes / each + 1;
  char **arguments = calloc(count + 3, sizeof *arguments);
  char *word = malloc(each + 1);
  memset(word, 'x', each);
  word[each] = 0;
  arguments[0] = "hostile";
  arguments[1] = "serve";
  for (size_t i = 0; i < count && bytes; i++) arguments[i + 2] = word;
  setenv("HOSTILE_AGAIN", "1", 1);
  execv("/proc/self/exe", arguments);
  fail("execv");
}

static unsigned long field(const char *path, int number) {
  char text[4096];
  FILE *file = fopen(path, "r");
  if (!file || !fgets(text, sizeof text, file)) fail(path);
  fclose(file);
  char *word = strtok(strrchr(text, ')') + 2, " ");
  for (int i = 3; i < number; i++) word = strtok(NULL, " ");
  return strtoul(word, NULL, 10);
}

// What the kernel shows of this process's memory, with other arguments or another entry.
static void claim(void *arguments, size_t argument_bytes, unsigned long entry) {
  static const char stat[] = "/proc/self/stat";
  static Elf64_auxv_t auxv[64];
  int file = open("/proc/self/auxv", O_RDONLY);
  ssize_t bytes = read(file, auxv, sizeof auxv);
  close(file);
  if (bytes <= 0) fail("auxv");
  for (int i = 0; entry && i < 64; i++)
    if (auxv[i].a_type == AT_ENTRY) auxv[i].a_un.a_val = entry;
  struct prctl_mm_map map = {
      .start_code = field(stat, 26), .end_code = field(stat, 27), .start_stack = field(stat, 28),
      .start_data = field(stat, 45), .end_data = field(stat, 46), .start_brk = field(stat, 47),
      .brk = (unsigned long)sbrk(0), .arg_start = field(stat, 48), .arg_end = field(stat, 49),
      .env_start = field(stat, 50), .env_end = field(stat, 51),
      .auxv = (__u64 *)auxv, .auxv_size = (unsigned)bytes, .exe_fd = (unsigned)-1};
  if (arguments) {
    map.arg_start = (unsigned long)arguments;
    map.arg_end = map.arg_start + argument_bytes;
  }
  if (prctl(PR_SET_MM, PR_SET_MM_MAP, &map, sizeof map, 0)) fail("PR_SET_MM_MAP");
}

// A folder above the executable gets a long name within long names, step by step.
static void rename_deep(void) {
  char own[4096], top[4096], name[201];
  ssize_t length = readlink("/proc/self/exe", own, sizeof own - 1);
  if (length < 0) fail("readlink");
  own[length] = 0;
  *strrchr(own, '/') = 0;
  strcpy(top, own);
  *strrchr(top, '/') = 0;
  memset(name, 'd', 200);
  name[200] = 0;
  if (chdir(top)) fail("chdir");
  for (int i = 0; i < 24; i++) {
    if (mkdir(name, 0777)) fail("mkdir");
    if (chdir(name)) fail("chdir");
  }
  if (rename(own, "deep")) fail("rename");
}

static void *stay(void *nothing) {
  for (;;) pause();
  return nothing;
}

static void misbehave(void) {
  if (!attack) return;
  if (!strcmp(attack, "args")) execute_with(5 << 20);
  if (!strcmp(attack, "churn")) execute_with((size_t)(random() % 40) << 15);
  if (!strcmp(attack, "cmdline")) {
    size_t bytes = 4 << 20;
    char *text = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memset(text, 'a', bytes - 1);
    claim(text, bytes, 0);
  }
  if (!strcmp(attack, "entry")) {
    int file = open(getenv("HOSTILE_PAGE"), O_RDONLY);
    void *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, file, 0);
    if (page == MAP_FAILED) fail("mmap");
    claim(NULL, 0, (unsigned long)page);
  }
  if (!strcmp(attack, "rename")) rename_deep();
  if (!strcmp(attack, "thread")) {
    pthread_t thread;
    pthread_create(&thread, NULL, stay, NULL);
    tell("DONE");
    pthread_exit(NULL);
  }
  if (!strcmp(attack, "fork")) {
    tell("DONE");
    for (;;) {
      pid_t child = fork();
      if (child == 0) {
        usleep(300000);
        _exit(0);
      }
      usleep(20000);
      while (waitpid(-1, NULL, WNOHANG) > 0) {}
    }
  }
}

static int serve(void) {
  prctl(PR_SET_DUMPABLE, 1);
  struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
  sigaction(SIGUSR1, &action, NULL);
  if (getenv("HOSTILE_AGAIN")) {
    if (strcmp(attack, "churn")) {
      tell("DONE");
      stay(NULL);
    }
    srandom(getpid() ^ time(NULL));
    usleep(2000);
    misbehave();
  }
  tell("READY");
  if (!trigger_path) stay(NULL);
  while (!is_triggered()) usleep(5000);
  misbehave();
  tell("DONE");
  stay(NULL);
  return 0;
}

// ---- namespaces

static void write_file(const char *path, const char *text) {
  int file = open(path, O_WRONLY | O_CLOEXEC);
  if (file < 0 || write(file, text, strlen(text)) < 0) fail(path);
  close(file);
}

static void enter_namespaces(void) {
  char users[64], groups[64];
  snprintf(users, sizeof users, "0 %d 1", geteuid());
  snprintf(groups, sizeof groups, "0 %d 1", getegid());
  if (unshare(CLONE_NEWUSER | CLONE_NEWNS)) fail("unshare");
  write_file("/proc/self/setgroups", "deny");
  write_file("/proc/self/uid_map", users);
  write_file("/proc/self/gid_map", groups);
  if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL)) fail("private mounts");
}

// ---- a FUSE with one file in it, the executable

static void fill(struct fuse_attr *attr, uint64_t node, off_t bytes) {
  memset(attr, 0, sizeof *attr);
  attr->ino = node;
  attr->mode = node == 1 ? S_IFDIR | 0755 : S_IFREG | 0755;
  attr->nlink = 1;
  attr->size = node == 1 ? 0 : bytes;
  attr->blksize = 4096;
}

static void answer(int device, uint64_t unique, int error, const void *body, size_t bytes) {
  struct fuse_out_header header = {.len = sizeof header + bytes, .error = error, .unique = unique};
  char message[sizeof header + (1 << 17)];
  memcpy(message, &header, sizeof header);
  if (bytes) memcpy(message + sizeof header, body, bytes);
  if (write(device, message, sizeof header + bytes) < 0 && errno != ENOENT) fail("answer");
}

static void serve_files(int device, int file, const char *name) {
  static char request[1 << 18], data[1 << 17];
  struct stat status;
  fstat(file, &status);
  for (;;) {
    ssize_t count = read(device, request, sizeof request);
    if (count < 0 && (errno == EINTR || errno == ENOENT)) continue;
    if (count < 0) exit(0);
    if (is_triggered()) continue;  // It answers no more.
    struct fuse_in_header *in = (void *)request;
    const char *body = request + sizeof *in;
    switch (in->opcode) {
      case FUSE_INIT: {
        struct fuse_init_out out = {
            .major = 7, .minor = 31, .max_readahead = 65536, .max_write = 65536, .max_background = 16};
        answer(device, in->unique, 0, &out, sizeof out);
        break;
      }
      case FUSE_LOOKUP: {
        struct fuse_entry_out out = {.nodeid = 2, .generation = 1};
        fill(&out.attr, 2, status.st_size);
        int known = !strcmp(body, name);
        answer(device, in->unique, known ? 0 : -ENOENT, &out, known ? sizeof out : 0);
        break;
      }
      case FUSE_GETATTR: {
        struct fuse_attr_out out = {0};
        fill(&out.attr, in->nodeid, status.st_size);
        answer(device, in->unique, 0, &out, sizeof out);
        break;
      }
      case FUSE_OPEN:
      case FUSE_OPENDIR: {
        struct fuse_open_out out = {.fh = in->nodeid};
        answer(device, in->unique, 0, &out, sizeof out);
        break;
      }
      case FUSE_READ: {
        const struct fuse_read_in *read_in = (const void *)body;
        ssize_t got = pread(file, data, read_in->size < sizeof data ? read_in->size : sizeof data, read_in->offset);
        answer(device, in->unique, 0, data, got > 0 ? got : 0);
        break;
      }
      case FUSE_READDIR: answer(device, in->unique, 0, NULL, 0); break;
      case FUSE_STATFS: {
        struct fuse_statfs_out out = {.st = {.bsize = 4096, .namelen = 255}};
        answer(device, in->unique, 0, &out, sizeof out);
        break;
      }
      case FUSE_FORGET:
      case FUSE_BATCH_FORGET:
      case FUSE_INTERRUPT: break;
      case FUSE_RELEASE:
      case FUSE_RELEASEDIR:
      case FUSE_FLUSH: answer(device, in->unique, 0, NULL, 0); break;
      default: answer(device, in->unique, -ENOSYS, NULL, 0);
    }
  }
}

static void folder(char *path, size_t size, const char *base, const char *name) {
  snprintf(path, size, "%s/%s", base, name);
  if (mkdir(path, 0777) && errno != EEXIST) fail(path);
}

// The server is the parent: when it ends, whoever waits for it gets an error, and can end.
static int hang(const char *base, const char *name) {
  char files[512], room[512], upper[512], work[512], merged[512], options[2400];
  int own = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  enter_namespaces();
  folder(files, sizeof files, base, "files");
  folder(room, sizeof room, base, "room");
  folder(merged, sizeof merged, base, "merged");
  int device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
  if (device < 0) fail("/dev/fuse");
  snprintf(options, sizeof options, "fd=%d,rootmode=40755,user_id=0,group_id=0,allow_other", device);
  if (mount("hostile", files, "fuse", MS_NOSUID | MS_NODEV, options)) fail("mount of FUSE");
  int ready[2];
  if (pipe2(ready, O_CLOEXEC)) fail("pipe");
  pid_t parent = getpid();
  pid_t child = fork();
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(1);
    if (mount("none", room, "tmpfs", 0, "size=1m")) fail("mount of tmpfs");
    folder(upper, sizeof upper, room, "upper");
    folder(work, sizeof work, room, "work");
    snprintf(options, sizeof options, "lowerdir=%s,upperdir=%s,workdir=%s,userxattr", files, upper, work);
    if (mount("none", merged, "overlay", 0, options)) fail("mount of overlay");
    snprintf(options, sizeof options, "%s/%s", files, name);
    setenv("HOSTILE_PAGE", options, 1);
    snprintf(options, sizeof options, "%s/%s", merged, name);
    // Parent-death signals are kept over execve(2) of a program without further rights.
    execl(options, options, "serve", (char *)NULL);
    fail("execl");
  }
  serve_files(device, own, name);
  return 0;
}

static int mounts(int count) {
  enter_namespaces();
  for (int i = 0; i < count; i++)
    if (mount("none", "/mnt", "tmpfs", 0, "size=4k")) fail("mount");
  return serve();
}

// ---- an executable that is costly to look through

static int symbols(const char *path, size_t count) {
  FILE *in = fopen("/proc/self/exe", "r");
  fseek(in, 0, SEEK_END);
  size_t bytes = ftell(in), symbol_bytes = count * sizeof(Elf64_Sym);
  char *data = calloc(1, bytes + symbol_bytes + 16);
  rewind(in);
  if (fread(data, 1, bytes, in) != bytes) fail("read");
  Elf64_Ehdr *header = (void *)data;
  Elf64_Shdr *sections = (void *)(data + header->e_shoff);
  size_t start = (bytes + 15) & ~(size_t)15;
  for (int i = 0; i < header->e_shnum; i++) {
    if (sections[i].sh_type != SHT_SYMTAB) continue;
    Elf64_Sym *old = (void *)(data + sections[i].sh_offset);
    const char *names = data + sections[sections[i].sh_link].sh_offset;
    for (size_t j = 0; j < sections[i].sh_size / sizeof *old; j++)
      if (!strcmp(names + old[j].st_name, "PlaceOS::LogBackend::trace"))
        for (size_t k = 0; k < count; k++) ((Elf64_Sym *)(data + start))[k] = old[j];
    sections[i].sh_offset = start;
    sections[i].sh_size = symbol_bytes;
  }
  FILE *out = fopen(path, "w");
  if (!out || fwrite(data, 1, start + symbol_bytes, out) != start + symbol_bytes || fclose(out)) fail(path);
  return chmod(path, 0755);
}

int main(int count, char **words) {
  truth_path = getenv("HOSTILE_TRUTH");
  trigger_path = getenv("HOSTILE_TRIGGER");
  attack = getenv("HOSTILE_ATTACK");
  if (count > 3 && !strcmp(words[1], "symbols")) return symbols(words[2], strtoul(words[3], NULL, 10));
  if (!truth_path) {
    fprintf(stderr, "hostile: HOSTILE_TRUTH must be set\n");
    return 2;
  }
  if (count > 1 && !strcmp(words[1], "serve")) return serve();
  if (count > 3 && !strcmp(words[1], "hang")) return hang(words[2], words[3]);
  if (count > 2 && !strcmp(words[1], "mounts")) return mounts(atoi(words[2]));
  return 2;
}
