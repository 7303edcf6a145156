# A small and quiet place with one service of each dialect and a few decoys, for what needs many runs of the tool.
package Lane;
use strict;
use warnings;
use Decoys;
use Process;
use Service;

my %wanted = map { $_ => 1 } qw(health-check docker-init tail core-other rest-api-unproved);

sub new {
  my ($class, $place, $fixtures, $tool, $here, $tally) = @_;
  die "only as PID 1 of a pid namespace of its own\n" unless $$ == 1;
  my $self = bless {tally => $tally}, $class;
  mkdir $_ for $place, "$place/programs", "$place/decoys", "$place/commands";
  for my $fixture (qw(toggle-static latch-static driver-static none-static decoy)) {
    system('cp', "$fixtures/$fixture", "$place/programs/$fixture") == 0 or die "$fixture: no copy\n";
  }
  my %programs = (decoy => "$place/programs/decoy", map { ("standin-$_" => "$place/programs/$_-static") } qw(toggle latch driver none));
  $self->{decoys} = Decoys->new("$place/decoys", "$here/../decoys/start", "$here/../decoys/decoys.tsv", \%programs, \%wanted);
  my @slots = (
    ['api', 'toggle', '/rest-api'], ['staff', 'latch', '/staff-api'],
    ['driver', 'driver', '/app/bin/drivers/drivers_place_meet_c54390a', is_driver => 1]);
  my $number = 0;
  for (@slots) {
    my ($name, $dialect, $path, %more) = @$_;
    push @{$self->{services}}, Service->new(
      name => $name, fixture => "$dialect-static", path => $path, is_rooted => 1, %more,
      program => $programs{"standin-$dialect"}, root => "$place/s" . ++$number,
      on_death => sub { $tally->broken('services killed', "$name ended with $_[2]") });
  }
  $_->start for @{$self->{services}};
  Process::eventually(20, sub { $self->{decoys}->are_ready && !grep { !$_->is_ready } @{$self->{services}} })
    or die "the lane does not get ready\n";
  $self->{how} = {with => 'tool', tool => $tool, scratch => "$place/commands", state => "$place/state",
    killat => "$fixtures/killat"};
  return $self;
}

sub services { return @{$_[0]{services}} }

# A latch that has been on and off can do so once more only when it is new.
sub renew_latches {
  my ($self) = @_;
  for my $service (grep { $_->is_latch } $self->services) {
    my %received = $service->received;
    next unless grep { $_ } values %received;
    $service->end;
    $service->start;
    Process::eventually(10, sub { $service->is_ready }) or die "a service does not start\n";
  }
}

sub end {
  my ($self) = @_;
  $self->{tally}->broken('signals to a process not meant', "$_->[0] got $_->[1]") for $self->{decoys}->hits;
  $self->{tally}->add('processes not meant that were ended', $self->{decoys}->deaths);
  $self->{decoys}->end;
  $_->end for $self->services;
}

1;
