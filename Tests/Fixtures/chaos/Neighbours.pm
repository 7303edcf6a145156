# Hostile neighbours: services of an unprivileged user's own (hostile.c), each of which does its worst after a while,
# ends, and is followed by another.
package Neighbours;
use strict;
use warnings;
use Process;

my @attacks = (
  [['serve'], 'args'], [['serve'], 'churn'], [['serve'], 'cmdline'], [['serve'], 'rename'], [['serve'], 'thread'],
  [['mounts', 2000], 'none'], [['hang'], 'none'], [['hang'], 'none'], [['hang'], 'entry'], [['serve'], 'fork']);

# At most so many of those that fork: the pid namespace has few pids.
my $limit_forking = 2;

sub new {
  my ($class, $place, $fixtures, $dice, $count) = @_;
  mkdir $place;
  chmod 0777, $place;
  my $self = bless {place => $place, dice => $dice, slots => [], started => 0, forking => 0}, $class;
  system('cp', "$fixtures/hostile", "$place/hostile") == 0 or die "hostile: no copy\n";
  if (!-e '/dev/fuse') { system(qw(mknod -m 666 /dev/fuse c 10 229)) == 0 or die "no /dev/fuse\n" }
  chmod 0666, '/dev/fuse';
  push @{$self->{slots}}, {} for 1 .. $count;
  return $self;
}

sub started { return $_[0]{started} }

# Starts who is missing, tells those whose time has come to do their worst, and ends those whose time is over.
sub churn {
  my ($self, $now) = @_;
  for my $slot (@{$self->{slots}}) {
    if (!$slot->{pid}) { $self->start($slot, $now) }
    elsif ($slot->{begins_at} && $now >= $slot->{begins_at}) {
      open my $file, '>', "$slot->{home}/trigger";
      delete $slot->{begins_at};
    } elsif ($now >= $slot->{ends_at}) { $self->end_slot($slot) }
  }
}

sub start {
  my ($self, $slot, $now) = @_;
  my ($words, $attack) = @{$attacks[$self->{dice}->below(scalar @attacks)]};
  return if $attack eq 'fork' && $self->{forking} >= $limit_forking;
  my $home = "$self->{place}/" . ++$self->{started};
  # What hangs executes itself under the service's name, from its own file system.
  my $program = "$home/above/folder/" . ($words->[0] eq 'hang' ? 'server' : 'edge');
  for my $folder ($home, "$home/above", "$home/above/folder") { mkdir $folder; chmod 0777, $folder }
  link "$self->{place}/hostile", $program or die "$program: $!\n";
  my @arguments = $words->[0] eq 'hang' ? ('hang', $home, 'edge') : @$words;
  my $pid = Process::start(
    program => '/usr/bin/setpriv',
    argv => ['setpriv', qw(--reuid 10001 --regid 10001 --clear-groups), $program, @arguments],
    environment => {HOSTILE_TRUTH => "$home/truth", HOSTILE_TRIGGER => "$home/trigger", HOSTILE_ATTACK => $attack},
    output => "$home/log", ended => sub { delete @$slot{qw(pid begins_at)} });
  return unless defined $pid;
  $self->{forking}++ if $attack eq 'fork';
  @$slot{qw(pid home attack begins_at ends_at)} =
    ($pid, $home, $attack, $now + $self->{dice}->between(0.1, 2), $now + $self->{dice}->between(3, 12));
}

sub end_slot {
  my ($self, $slot) = @_;
  Process::end($slot->{pid});
  $self->{forking}-- if $slot->{attack} eq 'fork';
  # What it has left behind has other pids, and is this night's own.
  for my $pid (Process::text("$slot->{home}/truth") =~ /^READY (\d+)$/mg) {
    next if $pid == $slot->{pid};
    my $executable = readlink("/proc/$pid/exe") // '';
    kill 'KILL', $pid if $executable =~ m{^\Q$slot->{home}\E/};
  }
  system 'rm', '-rf', $slot->{home};
  delete @$slot{qw(pid begins_at home)};
}

sub end { my ($self) = @_; $_->{pid} and $self->end_slot($_) for @{$self->{slots}} }

1;
