# One command of the tool, or what is typed in its place, on its way from start to end.
package Command;
use strict;
use warnings;
use JSON::PP ();
use Process;

my $json = JSON::PP->new->utf8;

# words         as the tool takes them; verb first
# services      the names of the services that it is about
# $how          scratch, state, tool, with (tool, pkill or guide), guide, killat, wallclock, wall_shift_s
my $number = 0;

sub start {
  my ($class, $how, %what) = @_;
  my $self = bless {%what, number => ++$number, started_at => Process::now()}, $class;
  $self->{output} = "$how->{scratch}/out.$number";
  $self->{errors} = "$how->{scratch}/err.$number";
  my @argv = $self->argv($how);
  my %environment = (PATH => '/usr/sbin:/usr/bin:/sbin:/bin', PLACEOS_LOGLEVEL_STATE_DIR => $how->{state});
  if (defined $what{wall_shift_s}) {
    @environment{qw(LD_PRELOAD CHAOS_WALL_SHIFT_S)} = ($how->{wallclock}, $what{wall_shift_s});
  }
  $environment{NAMES} = join ' ', @{$what{names} // []};
  $self->{pid} = Process::start(
    program => $argv[0], argv => \@argv, environment => \%environment, output => $self->{output},
    errors => $self->{errors}, ended => sub { $self->{status} = $_[0]; $self->{ended_at} = Process::now() });
  return defined $self->{pid} ? $self : undef;
}

sub argv {
  my ($self, $how) = @_;
  # The names are in the environment, where `ps aux` does not show them.
  return ('/bin/bash', $how->{guide}) if $how->{with} eq 'guide';
  return ('/bin/bash', '-c', 'for name in $NAMES; do pkill -USR1 -x "${name:0:15}"; done; true') if $how->{with} eq 'pkill';
  my @argv = ($how->{tool}, @{$self->{words}});
  unshift @argv, $how->{killat}, $self->{kill_at}, "$how->{scratch}/count" if defined $self->{kill_at};
  return @argv;
}

sub has_ended { return defined $_[0]{status} }

sub finish {
  my ($self) = @_;
  Process::eventually(60, sub { $self->has_ended }) or die "command $self->{number} does not end\n";
  return $self;
}

# Whether a signal ended it; killat says so by its exit status.
sub was_killed { my $status = $_[0]{status}; return $status & 127 || $status >> 8 == 137 }

# Whether it ended itself because it was asked to (SIGHUP, SIGINT, SIGTERM): it has reported what it did.
sub was_interrupted { return $_[0]->exit_status =~ /^(?:129|130|143)$/ && !$_[0]->was_killed }

sub exit_status { my $status = $_[0]{status}; return $status & 127 ? 128 + ($status & 127) : $status >> 8 }

sub complaint { my ($self) = @_; return Process::text($self->{errors}) }

# The rows of its report; undef where there is none that can be read.
sub rows {
  my ($self) = @_;
  return $self->{rows} if exists $self->{rows};
  my $document = eval { $json->decode(Process::text($self->{output})) };
  return $self->{rows} = $document && ($document->{results} // $document->{instances});
}

# The processes that it says to have sent a signal to: pid => whether it is on now.
sub sent {
  my ($self) = @_;
  my %sent;
  for my $row (@{$self->rows // []}) {
    next unless defined $row->{outcome};
    my $is_sent = $row->{outcome} eq 'switched' || $row->{outcome} eq 'unconfirmed';
    $sent{$row->{pid}} = $row->{after} if $is_sent;
  }
  return \%sent;
}

# Whether its exit status agrees with its report; otherwise what does not.
sub untruth {
  my ($self) = @_;
  my $status = $self->exit_status;
  my ($rows, $complaint) = ($self->rows, $self->complaint);
  return "exit status $status: $complaint" unless $status =~ /^[0134]$/;
  return $complaint =~ /\S/ && !$rows ? '' : 'exit status 3, and something was reported' if $status == 3;
  return "exit status $status without a report: $complaint" unless $rows;
  return @$rows ? 'exit status 1, and rows' : '' if $status == 1;
  my @missed = grep { $_->{outcome} !~ /^(?:switched|unchanged)$/ } @$rows;
  return @missed || $complaint =~ /\S/ ? '' : 'exit status 4, and all is well' if $status == 4;
  # What can never be switched is only reported under --all, and what has ended is in no debug mode.
  my $is_all = grep { $_ eq '--all' } @{$self->{words}};
  @missed = grep {
    my $is_reported = $is_all && $_->{outcome} eq 'refused' && ($_->{message} // '') !~ /stopped/;
    my $is_over = $_->{outcome} eq 'vanished' && $self->{words}[0] ne 'on';
    !$is_reported && !$is_over
  } @missed;
  return @missed ? "exit status 0, and $missed[0]{pid} is $missed[0]{outcome}: " . ($missed[0]{message} // '') : '';
}

sub forget { my ($self) = @_; unlink $self->{output}, $self->{errors} }

1;
