# The services of a night, their errands, and the storm around them.
package Fleet;
use strict;
use warnings;
use Process;
use Service;

# The order is that of storm.c.
my @names = qw(rest-api staff-api triggers core edge frontends dispatch search-ingest source build placeos-auth
  drivers_place_meet_c54390a);
my %index = map { $names[$_] => $_ } 0 .. $#names;
my $reused_only = @names;
my $bitmap_at = 8 * 64;

# service, fixture, path, whether it stays, and what else there is to say.
my @slots = (
  ['api', 'toggle-static', '/rest-api', 1, arguments => [qw(-b 0.0.0.0 -p 3000)]],
  ['api', 'toggle-static', '/rest-api', 1, arguments => [qw(-b 0.0.0.0 -p 3000 -w 3)], workers => 3],
  ['triggers', 'toggle-dynamic', '/triggers', 1],
  ['core', 'toggle-static', '/bin/core', 1, wrapper => '/sbin/docker-init'],
  ['dispatch', 'toggle-release', '/dispatch', 1],
  ['driver', 'driver-static', '/app/bin/drivers/drivers_place_meet_c54390a', 1, is_driver => 1],
  ['driver', 'driver-release', '/app/bin/drivers/drivers_sample_0a1b2c3', 1, is_driver => 1],
  ['api', 'toggle-static', '/rest-api', 0],
  ['api', 'toggle-static', '/rest-api', 0, arguments => [qw(-w 2)], workers => 2],
  ['search-ingest', 'toggle-static', '/search-ingest', 0],
  ['staff', 'latch-static', '/staff-api', 0],
  ['staff', 'latch-static', '/staff-api', 0],
  ['frontends', 'latch-release', '/frontends', 0],
  ['driver', 'driver-static', '/app/bin/drivers/drivers_place_meet_c54390a', 0, is_driver => 1],
  ['source', 'toggle-static', '/source', 0],
);

sub new {
  my ($class, $place, $fixtures, $tally, $dice, $errand_dice, $is_tool) = @_;
  my $self = bless {
    place => $place, tally => $tally, is_tool => $is_tool, dice => $dice, errand_dice => $errand_dice, fixtures => $fixtures,
    slots => [], former => [], born => [(0) x 16], ended => [(0) x 16], victims => 0, hits => [],
    starts => 0, errands => 0, reborn => 0, killed_since_rest => 0, next_errand => 0, next_check => 0,
  }, $class;
  mkdir "$place/programs";
  $self->{programs} = {};
  my $number = 0;
  for my $slot (@slots) {
    my ($service, $fixture, $path, $stays, %more) = @$slot;
    push @{$self->{slots}}, Service->new(
      name => $service, fixture => $fixture, path => $path, stays => $stays, %more,
      program => $self->program($fixture), decoy => $self->program('decoy'), root => "$place/s" . ++$number,
      is_rooted => $fixture =~ /static$/ ? 1 : 0, on_death => sub { $self->service_died(@_) });
  }
  return $self;
}

sub folder { my ($self, $name) = @_; mkdir "$self->{place}/$name"; return "$self->{place}/$name" }

# The night's own copy of a fixture, to which all who run it have links.
sub program {
  my ($self, $fixture) = @_;
  my $copy = "$self->{place}/programs/$fixture";
  unless (-e $copy) { system('cp', "$self->{fixtures}/$fixture", $copy) == 0 or die "$fixture: no copy\n" }
  return $copy;
}

# By the name that decoys.tsv has for them.
sub programs {
  my ($self) = @_;
  return {decoy => $self->program('decoy'), map { ("standin-$_" => $self->program("$_-static")) } qw(toggle latch driver none)};
}

sub start_all { my ($self) = @_; $self->start_slot($_) for @{$self->{slots}} }

sub start_slot {
  my ($self, $slot, %how) = @_;
  my $dice = $self->{dice};
  $how{slow} = [$dice->between(0, 0.04), $dice->happens(0.4) ? $dice->between(0, 0.75) : 0] unless $slot->{stays};
  $slot->start(%how) or return;
  $self->{starts}++;
  $slot->{dies_at} = Process::now() + $dice->between(0.5, 5);
  $self->mark($slot->{pid});
}

# Tells the storm which pids a service had.
sub mark {
  my ($self, @pids) = @_;
  my $board = $self->{board} or return;
  for (@pids) {
    sysseek $board, $bitmap_at + $_, 0;
    syswrite $board, "\1";
  }
}

sub start_storm {
  my ($self, $rate, $seed) = @_;
  my ($path, $hits) = ("$self->{place}/board", "$self->{place}/storm-hits");
  my $storm = "$self->{fixtures}/storm";
  Process::start(program => $storm, argv => [$storm, $path, $hits, $rate, $seed], errors => "$self->{place}/storm-errors",
    ended => sub { die "the storm is over: " . Process::text("$self->{place}/storm-errors") });
  Process::eventually(5, sub { (-s $path // 0) > $bitmap_at }) or die "there is no storm\n";
  open $self->{board}, '+<:raw', $path or die "$path: $!\n";
  $self->mark(map { $_->pids } @{$self->{slots}});
}

sub read_board {
  my ($self) = @_;
  my $bytes;
  sysseek $self->{board}, 0, 0;
  sysread $self->{board}, $bytes, $bitmap_at;
  return unpack 'Q64', $bytes;
}

sub board_totals { my @board = $_[0]->read_board; return {forked => $board[32], reused => $board[33]} }

# Those of each name that are over; compare `come_across`.
sub ended_counts {
  my ($self) = @_;
  my @board = $self->read_board;
  return [map { $board[16 + $_] + $self->{ended}[$_] } 0 .. $reused_only];
}

# How many of the services' names, and how many with a former pid of a service, have lived since then.
sub come_across {
  my ($self, $ended_before, @services) = @_;
  my @board = $self->read_board;
  my $sum = 0;
  for my $index ((map { $index{$_} } $self->names_of(@services)), $reused_only) {
    next unless defined $index;
    my $more = $board[$index] + $self->{born}[$index] - $ended_before->[$index];
    $sum += $more if $more > 0;
  }
  return $sum;
}

sub services { my ($self) = @_; my %seen; return grep { !$seen{$_}++ } map { $_->{name} } @{$self->{slots}} }

sub steady { my ($self) = @_; return grep { $_->{stays} } @{$self->{slots}} }

# Services of which no process comes or goes in a burst, and no decoy seems to be starting.
sub steady_names { return qw(triggers core api) }

# The base names of the services' executables.
sub names_of {
  my ($self, @services) = @_;
  my %wanted = map { $_ => 1 } @services;
  my %seen;
  return grep { !$seen{$_}++ } map { $_->base } grep { $wanted{$_->{name}} } @{$self->{slots}};
}

sub is_ready { my ($self) = @_; return !grep { !$_->is_ready } @{$self->{slots}} }

sub living { my ($self) = @_; return grep { $_->{pid} } @{$self->{slots}} }

# Ends some and starts them again. An errand of the same executable may get the very pid first.
sub churn {
  my ($self, $now) = @_;
  my $dice = $self->{dice};
  for my $slot (@{$self->{slots}}) {
    if (!$slot->{pid}) { $self->start_slot($slot); next }
    next if $slot->{stays} || $now < $slot->{dies_at};
    my $pid = $slot->{pid};
    $self->mark($slot->pids);
    push @{$self->{former}}, [$pid, $slot->{name}];
    shift @{$self->{former}} if @{$self->{former}} > 12;
    $slot->end;
    my $chance = $dice->fraction;
    if ($chance < 0.45) {
      $self->{reborn}++ if $self->run_errand($slot, $pid, $dice->between(0.05, 0.5));
    } elsif ($chance < 0.6) {
      $self->{reborn}++ if $self->run_named($slot, $pid, $dice->between(0.05, 0.5));
    } elsif ($chance < 0.8) {
      $self->start_slot($slot, pid => $pid);
      $self->{reborn}++ if ($slot->{pid} // 0) == $pid;
    }
  }
}

# A service that died without the night's doing.
sub service_died {
  my ($self, $slot, $pid, $status) = @_;
  my $signal = $status & 127 || ($status >> 8 > 128 ? ($status >> 8) - 128 : 0);
  $self->{tally}->add('services killed');
  $self->{tally}->note("$slot->{name} (pid $pid) was killed by signal $signal") if $self->{is_tool};
}

sub look_after_workers {
  my ($self) = @_;
  for my $slot (@{$self->{slots}}) {
    my $lost = $slot->lost_workers or next;
    $self->{tally}->add('services killed', $lost);
    $slot->end;
  }
}

# MARK: errands

# A health check every 30 s of each, as in a container, and others as quick as that takes the machine no time.
sub run_errands {
  my ($self, $now) = @_;
  my $dice = $self->{errand_dice};
  if ($now >= $self->{next_check}) {
    $self->run_errand($_, undef, $dice->between(0.01, 1)) for grep { !$_->{is_driver} } @{$self->{slots}};
    $self->{next_check} = $now + 30;
  }
  return if $now < $self->{next_errand};
  $self->run_errand($dice->one_of(@{$self->{slots}}), undef, $dice->between(0.01, 1.5));
  $self->{next_errand} = $now + $dice->between(0.02, 0.25);
}

sub run_errand {
  my ($self, $slot, $pid, $seconds) = @_;
  my $dice = $self->{errand_dice};
  my @arguments = $slot->{is_driver} ? ('-m') : @{$dice->one_of(['-c', 'http://localhost:3000/api'], ['--curl', 'http://localhost:3000/api'], ['-v'], ['-r'], ['-d'])};
  my $program = $slot->{is_rooted} ? $slot->{path} : "$slot->{root}$slot->{path}";
  my $index = $index{$slot->base};
  my $started = Process::start(
    pid => $pid, root => $slot->{is_rooted} ? $slot->{root} : undef, program => $program,
    argv => [$program, $program, @arguments],
    environment => {STANDIN_CURL_SECONDS => $seconds, STANDIN_ONESHOT_SECONDS => $seconds},
    ended => sub { $self->errand_ended($_[0], $index, "an errand of $slot->{name}") }) or return 0;
  $self->{errands}++;
  $self->{born}[$index]++ if defined $index;
  return 1;
}

# Something else of that pid and name.
sub run_named {
  my ($self, $slot, $pid, $seconds) = @_;
  my $index = $index{$slot->base};
  my $started = Process::start(
    pid => $pid, program => '/usr/bin/sleep', argv => [$slot->{path}, $seconds],
    ended => sub { $self->errand_ended($_[0], $index, "a namesake of $slot->{name}") }) or return 0;
  $self->{born}[$index]++ if defined $index;
  return 1;
}

sub errand_ended {
  my ($self, $status, $index, $what) = @_;
  $self->{ended}[$index]++ if defined $index;
  my $signal = $status & 127 or return;
  $self->{victims}++;
  push @{$self->{hits}}, [$what, $signal];
}

# [what, signal] of each process of the storm, errand and init that got one.
sub hits {
  my ($self) = @_;
  my @hits = @{$self->{hits}};
  for (split /\n/, Process::text("$self->{place}/storm-hits")) { push @hits, [$2, $1] if /^\d+ (\d+) (\w+)/ }
  push @hits, map { my $slot = $_; map { ['docker-init', 10] } 1 .. $slot->wrapper_hits } @{$self->{slots}};
  return @hits;
}

sub victims {
  my ($self) = @_;
  return $self->{victims} + (() = Process::text("$self->{place}/storm-hits") =~ /\n/g);
}

sub former_pid {
  my ($self, $dice) = @_;
  my @all = (@{$self->{former}}, map { [$_->{pid}, $_->{name}] } $self->living);
  return @{$dice->one_of(@all)};
}

# Something that can be stopped (1) and continued (0).
sub something_to_stop {
  my ($self, $dice, $decoys) = @_;
  if ($dice->happens(0.5)) {
    my $row = $dice->one_of(@{$decoys->{rows}});
    return sub { $decoys->stop($row, $_[0]) };
  }
  my $slot = $dice->one_of(@{$self->{slots}});
  return sub { $slot->stop($_[0]) };
}

# Everything continues, is there and has done what it was asked to.
sub settle {
  my ($self) = @_;
  $_->stop(0) for $self->living;
  for my $slot (@{$self->{slots}}) { $self->start_slot($slot) unless $slot->{pid} }
  return Process::eventually(15, sub {
    for my $slot (@{$self->{slots}}) { $self->start_slot($slot) unless $slot->{pid} }
    $self->run_errands(Process::now());
    $self->is_ready
  });
}

# MARK: counting

# What a command says to have sent.
sub note_sent {
  my ($self, $command) = @_;
  my $sent = $command->sent;
  $self->{sent}{$_}++ for keys %$sent;
}

sub note_received {
  my ($self) = @_;
  $self->{sent} = {};
  $self->{killed_since_rest} = 0;
  $self->{received} = {map { $_->received } @{$self->{slots}}};
}

# Since the last rest: what was reported was acted upon, and what was acted upon was reported, unless the command
# was killed.
sub compare_received {
  my ($self) = @_;
  my $tally = $self->{tally};
  if ($self->{received}) {
    my ($killed, $sum) = ($self->{killed_since_rest}, 0);
    for my $slot ($self->steady) {
      my %received = $slot->received;
      for my $pid (keys %received) {
        next unless defined $self->{received}{$pid};
        my $got = $received{$pid} - $self->{received}{$pid};
        my $sent = $self->{sent}{$pid} // 0;
        $tally->add('signals counted on both ends', $sent);
        $tally->broken('signals lost', "$slot->{name} ($pid) acted upon $got of $sent") if $got < $sent;
        $tally->broken('signals that nobody reported', "$slot->{name} ($pid) acted upon $got, $sent were reported, $killed commands killed")
          if $got > $sent + $killed;
      }
    }
  }
}

sub compare_burst {
  my ($self, $commands) = @_;
  my $tally = $self->{tally};
  my $is_tool = $self->{is_tool};
  for my $slot ($self->steady) {
    next if $slot->{is_driver};
    my %received = $slot->received;
    my %levels = $slot->levels;
    for my $pid (sort keys %received) {
      my @turns = map { $_->sent->{$pid} } grep { exists $_->sent->{$pid} } @$commands;
      # By hand, each is meant to signal each process of its service once.
      my $sent = $is_tool ? @turns : grep { $_->{about}[0] eq $slot->{name} } @$commands;
      my $got = $received{$pid} - ($self->{received}{$pid} // 0);
      $tally->add('signals of a burst', $sent);
      my $lost = $got < $sent ? $sent - $got : 0;
      my $twice = $got > $sent ? $got - $sent : 0;
      if ($is_tool) {
        $tally->broken('of a burst, lost', "$slot->{name} ($pid): $got of $sent") if $lost;
        $tally->broken('of a burst, applied twice', "$slot->{name} ($pid): $got for $sent") if $twice;
        my $on = grep { $_ } @turns;
        my $is_even = 2 * $on - @turns;
        # Decoys of its name are refused, and rightly; a service never.
        for my $row (map { grep { $_->{pid} == $pid } @{$_->rows // []} } @$commands) {
          next if $row->{outcome} =~ /^(?:switched|unchanged)$/;
          $tally->broken('of a burst, not as asked', "$slot->{name} ($pid): $row->{outcome}: " . ($row->{message} // ''));
        }
        $tally->broken('of a burst, out of turn', "$slot->{name} ($pid): $on on of " . @turns . ", now $levels{$pid}")
          if $is_even != $levels{$pid};
      } else {
        $tally->add('of a burst, lost', $lost);
        $tally->add('of a burst, applied twice', $twice);
      }
    }
  }
}

1;
