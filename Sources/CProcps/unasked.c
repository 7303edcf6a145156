// What libproc2 would ask libsystemd and libnuma, answered here: nothing.
//
// The library takes a process's session, unit, slice, seat, machine and user from libsystemd, and the NUMA
// node of its processor from libnuma, for callers that select these items. None here does (see procps4.c).
// Linked in full they would bring themselves and their dependencies (compression, encryption, capabilities)
// into a root process, and search a dozen folders for libnuma at each start: more than half the time of a
// short run.
//
// The static library is linked after this file, so these are found first; sd-login(3), numa(3).

#include <errno.h>
#include <sys/types.h>

int sd_pid_get_machine_name(pid_t pid, char **name) { return (void)pid, (void)name, -ENOSYS; }
int sd_pid_get_owner_uid(pid_t pid, uid_t *uid) { return (void)pid, (void)uid, -ENOSYS; }
int sd_pid_get_session(pid_t pid, char **session) { return (void)pid, (void)session, -ENOSYS; }
int sd_pid_get_slice(pid_t pid, char **slice) { return (void)pid, (void)slice, -ENOSYS; }
int sd_pid_get_unit(pid_t pid, char **unit) { return (void)pid, (void)unit, -ENOSYS; }
int sd_pid_get_user_unit(pid_t pid, char **unit) { return (void)pid, (void)unit, -ENOSYS; }
int sd_session_get_seat(const char *session, char **seat) { return (void)session, (void)seat, -ENOSYS; }

static int no_node(void) { return -1; }
static int no_node_of(int processor) { return (void)processor, -1; }
int (*numa_max_node)(void) = no_node;
int (*numa_node_of_cpu)(int) = no_node_of;
void numa_init(void) {}
void numa_uninit(void) {}
