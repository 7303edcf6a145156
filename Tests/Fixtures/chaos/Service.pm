# One service: a stand-in in a root directory of its own, which is started again and again. It says itself what
# level it has and which signals it has acted upon.
package Service;
use strict;
use warnings;
use Process;

# name       as the tool calls it
# fixture    the stand-in's executable; a static one lives below a root of its own
# path       where it is below that root
# arguments  behind the path, which stands twice as it does in a container
# wrapper    path of an init that runs it and forwards signals to it
# slow       seconds of its start-up: [until the handler is there, until it acts]
sub new {
  my ($class, %what) = @_;
  my $self = bless {%what, incarnation => 0, is_stopped => 0}, $class;
  mkdir $_ for $self->{root}, "$self->{root}/dev";
  # What a worker has for its standard input.
  open my $null, '>', "$self->{root}/dev/null" or die "$self->{root}/dev/null: $!\n";
  copy_into($self->{root}, $self->{path}, $self->{program});
  copy_into($self->{root}, $self->{wrapper}, $self->{decoy}) if $self->{wrapper};
  return $self;
}

# A link, so that all have one copy.
sub copy_into {
  my ($root, $path, $program) = @_;
  my @parts = split m{/}, $path;
  my $folder = $root;
  for my $part (@parts[1 .. $#parts - 1]) {
    $folder .= "/$part";
    mkdir $folder;
  }
  link $program, "$root$path" or die "$root$path: $!\n";
}

# The base name of its executable, which a match by name would look for.
sub base { my ($base) = $_[0]{path} =~ m{([^/]+)$}; return $base }

sub is_latch { return $_[0]{fixture} =~ /^latch/ }

# The command line of its executable, with other arguments.
sub argv { my ($self, @arguments) = @_; return [$self->{path}, $self->{path}, @arguments] }

# Files of this incarnation, as this machine sees them.
sub file { return "$_[0]{root}/t$_[0]{incarnation}/$_[1]" }

# Starts it anew; `pid` as in Process.
sub start {
  my ($self, %how) = @_;
  $self->{incarnation}++;
  mkdir $self->file('');
  my $inside = $self->{is_rooted} ? "/t$self->{incarnation}" : $self->file('');
  my ($handler, $start) = @{$how{slow} // [0, 0]};
  my $path = $self->{is_rooted} ? $self->{path} : "$self->{root}$self->{path}";
  my @argv = $self->{is_driver} ? ($path, '-p') : ($path, $path, @{$self->{arguments} // []});
  my $program = $path;
  if ($self->{wrapper}) {
    $program = $self->{wrapper};
    @argv = ($program, '--', @argv);
  }
  $self->{is_stopped} = 0;
  $self->{is_expected} = 0;
  $self->{started_at} = Process::now();
  $self->{ready_at} = $self->{started_at} + $handler + $start;
  $self->{pid} = Process::start(
    pid => $how{pid}, root => $self->{is_rooted} ? $self->{root} : undef, program => $program, argv => \@argv,
    environment => {
      STANDIN_TRUTH_FILE => "$inside/truth", STANDIN_SIGNAL_FILE => "$inside/signals",
      STANDIN_HANDLER_DELAY => $handler, STANDIN_START_DELAY => $start, LOG_LEVEL => 'warn',
      $self->{wrapper} ? (DECOY_FORWARD => 1, DECOY_SIGNAL_FILE => '/wrapped') : (),
    },
    output => $self->file('log'),
    ended => sub { $self->ended($_[0]) });
  return $self->{pid};
}

sub ended {
  my ($self, $status) = @_;
  my $pid = delete $self->{pid};
  $self->{on_death}->($self, $pid, $status) unless $self->{is_expected};
}

# Ends it as a container's runtime would; what comes of it is expected.
sub end {
  my ($self) = @_;
  $self->{is_expected} = 1;
  Process::end(delete $self->{pid}) if $self->{pid};
}

# The pids that trap signals: workers too, and not an init.
sub pids { my ($self) = @_; return map { /(\d+)$/ ? $1 : () } glob $self->file('truth.*') }

sub process_count { return $_[0]{workers} // 1 }

sub is_ready {
  my ($self) = @_;
  return $self->{pid} && $self->pids == $self->process_count && Process::now() >= $self->{ready_at};
}

# Whether each is in debug mode, by its own word: pid => 0 or 1.
sub levels {
  my ($self) = @_;
  return map { $_ => Process::text($self->file("truth.$_")) =~ /true/ ? 1 : 0 } $self->pids;
}

# How many signals each has acted upon.
sub received {
  my ($self) = @_;
  my %count = map { $_ => 0 } $self->pids;
  for (split /\n/, Process::text($self->file('signals'))) { $count{$1}++ if /^(\d+) USR/ }
  return %count;
}

# How many signals its init got.
sub wrapper_hits {
  my ($self) = @_;
  return 0 unless $self->{wrapper};
  return scalar grep { /^\d+ (?:10|12) / } split /\n/, Process::text("$self->{root}/wrapped");
}

sub stop {
  my ($self, $is_stopped) = @_;
  return unless $self->{pid};
  Process::signal($is_stopped ? 'STOP' : 'CONT', $self->{pid});
  $self->{is_stopped} = $is_stopped;
}

# Workers that have ended while their parent lives.
sub lost_workers {
  my ($self) = @_;
  return 0 unless $self->{workers} && $self->is_ready;
  my $parent = $self->{pid};
  return grep {
    my ($state, $its_parent) = Process::state_and_parent($_);
    $_ != $parent && (!defined $state || $state =~ /[ZX]/ || $its_parent != $parent)
  } $self->pids;
}

1;
