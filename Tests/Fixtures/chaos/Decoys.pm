# The rows of decoys.tsv, running: processes that a match by name would hit and that must not get a signal. Each
# records what it gets; one that was ended by a signal is started again.
package Decoys;
use strict;
use warnings;
use Process;

# What the director itself sends them, by number: KILL, CONT, STOP.
my %own = map { $_ => 1 } 9, 18, 19;

# $place: where the roots are made. $programs: name => executable. $table: decoys.tsv.
sub new {
  my ($class, $place, $start, $table, $programs, $wanted) = @_;
  my $self = bless {start => $start, rows => []}, $class;
  open my $file, '<:raw', $table or die "$table: $!\n";
  while (defined(my $line = readline $file)) {
    chomp $line;
    next if $line =~ /^#|^$/;
    my %row;
    @row{qw(name program path arguments environment rule reason)} = split /\t/, $line, -1;
    next if $wanted && !$wanted->{$row{name}};
    $row{root} = "$place/" . @{$self->{rows}};
    my $path = $row{path} =~ s/\\(?:x([0-9A-F]{2})|([sn]))/defined $1 ? chr hex $1 : $2 eq 's' ? ' ' : "\n"/ger;
    my $folder = $row{root};
    mkdir $folder;
    for my $part ((split m{/}, $path)[1 .. ($path =~ tr{/}{}) - 1]) {
      $folder .= "/$part";
      mkdir $folder;
    }
    mkdir "$row{root}/dev";
    open my $null, '>', "$row{root}/dev/null" or die;
    link $programs->{$row{program}}, "$row{root}$path" or die "$row{name}: $!\n";
    link $programs->{decoy}, "$row{root}/decoy" or die "$row{name}: $!\n";
    my ($comm) = $row{environment} =~ /DECOY_COMM=(\S+)/;
    # All that a match by name could look at.
    $row{text} = join ' ', $path, $row{arguments}, $comm // '';
    push @{$self->{rows}}, \%row;
  }
  $self->start_row($_) for @{$self->{rows}};
  return $self;
}

sub start_row {
  my ($self, $row) = @_;
  unlink "$row->{root}/log";
  delete $row->{target};
  $row->{pid} = Process::start(
    program => $self->{start}, argv => [$self->{start}, @$row{qw(root program path arguments environment)}],
    output => "$row->{root}/log",
    environment => {PATH => '/usr/bin:/bin'},
    ended => sub { $row->{deaths}++; delete @$row{qw(pid target)} });
}

# The pid to look at, once it is there.
sub target {
  my ($row) = @_;
  return undef unless $row->{pid};
  return $row->{target} //= Process::text("$row->{root}/log") =~ /^ready (\d+)$/m ? $1 : undef;
}

sub are_ready { my ($self) = @_; return !grep { !defined target($_) } @{$self->{rows}} }

sub restart_ended {
  my ($self) = @_;
  $self->start_row($_) for grep { !$_->{pid} } @{$self->{rows}};
}

# How many of those that run have one of the names in what a match looks at.
sub matching {
  my ($self, @names) = @_;
  my $any = join '|', map { quotemeta } @names;
  return scalar grep { defined $_->{target} && $_->{text} =~ /$any/ } @{$self->{rows}};
}

# Signals that they got, and how many of them those ended: [name, number] each.
sub hits {
  my ($self) = @_;
  my @hits;
  for my $row (@{$self->{rows}}) {
    for (split /\n/, Process::text("$row->{root}/signals")) {
      push @hits, [$row->{name}, $1] if /^\d+ (\d+) / && !$own{$1};
    }
  }
  return @hits;
}

sub deaths { my ($self) = @_; my $sum = 0; $sum += $_->{deaths} // 0 for @{$self->{rows}}; return $sum }

sub stop {
  my ($self, $row, $is_stopped) = @_;
  my $pid = target($row) or return;
  # A watched process is a child of the one that was started; that it is still there is known from that.
  my (undef, $parent) = Process::state_and_parent($pid);
  return unless Process::is_running($row->{pid});
  return unless $pid == $row->{pid} || ($parent // 0) == $row->{pid};
  kill $is_stopped ? 'STOP' : 'CONT', $pid;
}

sub end {
  my ($self) = @_;
  Process::end($_->{pid}) for grep { $_->{pid} } @{$self->{rows}};
}

1;
