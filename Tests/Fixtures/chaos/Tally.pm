# What a stage counts, and the promises that it saw broken. It ends up as lines `COUNT\tNAME` in a file;
# broken promises are told on standard error as they are seen.
package Tally;
use strict;
use warnings;

sub new { my ($class, $stage) = @_; return bless {stage => $stage, counts => {}, told => {}}, $class }

sub add {
  my ($self, $name, $count) = @_;
  $self->{counts}{$name} += $count // 1;
}

sub count { return $_[0]{counts}{$_[1]} // 0 }

# A promise that was not kept. Only the first few of a kind are told.
sub broken {
  my ($self, $name, $story) = @_;
  $self->add($name);
  $self->note("$name: $story") if $self->{told}{$name}++ < 5;
}

sub note {
  my ($self, $text) = @_;
  $text =~ s/([^\n -~])/sprintf '\\x%02X', ord $1/ge;
  print STDERR "chaos: $self->{stage}: $text\n";
}

sub write_to {
  my ($self, $path) = @_;
  open my $file, '>>', $path or die "$path: $!\n";
  print $file "$self->{counts}{$_}\t$_\n" for sort keys %{$self->{counts}};
  close $file or die "$path: $!\n";
}

1;
