# Compares what the tool says with what the services say of themselves, and brings all back to normal.
package Truth;
use strict;
use warnings;
use Command;
use Process;

# Whether `status` has the level of each of the services' processes right; otherwise what it has wrong. What a
# service is about to do is waited for.
#
# A latch that was on and off shows only that both happened; which came last is in the ledger alone. Where that was
# removed, `unknown` is the truth: $how->{removed_at} is when.
sub view_error {
  my ($how, @services) = @_;
  my $error = '';
  Process::eventually(5, sub { !length($error = view_error_now($how, @services)) });
  return $error;
}

sub view_error_now {
  my ($how, @services) = @_;
  my %before = map { $_->levels } @services;
  my $status = Command->start($how, words => ['status', '--json'])->finish;
  my %after = map { $_->levels } @services;
  my $rows = $status->rows;
  my $complaint = $status->complaint;
  my $code = $status->exit_status;
  $status->forget;
  return "status ends with $code: $complaint" if ($code != 0 && !may_complain($how, $code)) || !$rows;
  my %seen = map { $_->{pid} => $_ } @$rows;
  my $removed_at = $how->{removed_at} // 0;
  my %may_be_unknown = map { $_ => 1 } map { $_->pids } grep { $_->is_latch && $_->{started_at} < $removed_at } @services;
  for my $pid (sort keys %before) {
    my $row = $seen{$pid} or return "process $pid is not shown";
    my $debug = defined $row->{debug} ? ($row->{debug} ? 1 : 0) : 'unknown';
    next if $debug eq 'unknown' && $may_be_unknown{$pid};
    return "process $pid is $before{$pid}, and status says $debug ($row->{evidence})"
      if $before{$pid} != $after{$pid} || $debug ne $before{$pid};
  }
  return '';
}

# A hostile neighbour that cannot be looked at is told of, and is the only one.
sub may_complain { my ($how, $code) = @_; return $how->{is_hostile} && $code == 4 }

# Whether `off --all driver` ends well, with every service back to normal; otherwise what is not.
sub return_error {
  my ($how, @services) = @_;
  my $off = Command->start($how, words => [qw(off --all driver --wait 20s --json)])->finish;
  my $code = $off->exit_status;
  my $what = Process::text($off->{output}) . $off->complaint;
  $off->forget;
  # One that was signalled before may only now act on it; it would be on then.
  my $is_normal = Process::eventually(3, sub { my %levels = map { $_->levels } @services; !grep { $_ } values %levels });
  return "a service stays on; off ended with $code: $what" unless $is_normal;
  return "off ends with $code: $what" if $code != 0 && !may_complain($how, $code);
  return '';
}

1;
