# Processes that this one starts and waits for. Nothing here is ever signalled but by the pid of a child that has
# not been waited for, which cannot have become another's.
package Process;
use strict;
use warnings;
use POSIX qw(:sys_wait_h _exit);
use Time::HiRes ();

# From asm/unistd.h; the same on every architecture: clone3(2).
use constant SYS_CLONE3 => 435;
use constant SIGCHLD_NUMBER => 17;

my %waiting;

sub now { return Time::HiRes::clock_gettime(Time::HiRes::CLOCK_MONOTONIC()) }

sub nap { select undef, undef, undef, $_[0] }

# Starts a program.
#   program, argv      what is executed, as seen from root; argv[0] included
#   root               the directory to change the root to
#   environment        all of it
#   output, errors     files to append to; /dev/null otherwise
#   pid                the very pid that it is to have: clone3(2), set_tid
#   ended              called with the wait status
# Returns the pid; undef where none (or not that one) is free.
sub start {
  my (%what) = @_;
  my $pid = defined $what{pid} ? fork_as($what{pid}) : fork;
  return undef unless defined $pid;
  become(%what) if $pid == 0;
  $waiting{$pid} = $what{ended} // sub { };
  return $pid;
}

sub fork_as {
  my ($pid) = @_;
  my $wanted = pack 'l', $pid;
  # struct clone_args: flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, its size.
  my $arguments = pack 'Q8PQ', 0, 0, 0, 0, SIGCHLD_NUMBER, 0, 0, 0, $wanted, 1;
  my $got = syscall SYS_CLONE3, $arguments, length $arguments;
  return $got < 0 ? undef : $got;
}

sub become {
  my (%what) = @_;
  eval {
    my $output = $what{output} // '/dev/null';
    my $errors = $what{errors} // $output;
    open STDIN, '<', '/dev/null' or die;
    open STDOUT, '>>', $output or die;
    open STDERR, '>>', $errors or die;
    if (defined $what{root}) {
      chroot $what{root} or die;
      chdir '/' or die;
    }
    %ENV = %{$what{environment} // {}};
    exec {$what{program}} @{$what{argv}};
  };
  _exit(70);
}

# Takes notice of whatever has ended.
sub reap {
  while ((my $pid = waitpid -1, WNOHANG) > 0) { ended($pid, $?) }
}

sub ended {
  my ($pid, $status) = @_;
  my $tell = delete $waiting{$pid} or return;
  $tell->($status);
}

sub is_running { return exists $waiting{$_[0]} }

sub signal {
  my ($signal, $pid) = @_;
  kill $signal, $pid if is_running($pid);
}

# Kills it, waits for its end and tells nobody.
sub end {
  my ($pid) = @_;
  return unless delete $waiting{$pid};
  kill 'KILL', $pid;
  waitpid $pid, 0;
}

# Waits until a condition holds, and meanwhile for children: whether it came to hold.
sub eventually {
  my ($seconds, $condition) = @_;
  my $deadline = now() + $seconds;
  until ($condition->()) {
    return 0 if now() > $deadline;
    nap(0.003);
    reap();
  }
  return 1;
}

sub text {
  my ($path) = @_;
  open my $file, '<:raw', $path or return '';
  local $/;
  return readline($file) // '';
}

# The letter of proc_pid_stat(5) and the parent's pid.
sub state_and_parent {
  my ($pid) = @_;
  return text("/proc/$pid/stat") =~ /.*\) (\S) (\d+) /s ? ($1, $2) : ();
}

1;
