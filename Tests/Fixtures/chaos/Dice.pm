# Chance from a seed, so that a night can be had again. Each concern throws dice of its own: what one of them
# does, or how often, changes nothing for the others.
package Dice;
use strict;
use warnings;

# $name tells the dice of one seed apart.
sub new {
  my ($class, $seed, $name) = @_;
  my $state = $seed % 2147483646 + 1;
  $state = ($state * 31 + ord $_) % 2147483646 + 1 for split //, $name;
  my $self = bless {state => $state}, $class;
  $self->fraction for 1 .. 8;
  return $self;
}

# Park and Miller's generator: at least 0, below 1.
sub fraction {
  my $self = shift;
  $self->{state} = $self->{state} * 48271 % 2147483647;
  return ($self->{state} - 1) / 2147483646;
}

sub below { return int($_[0]->fraction * $_[1]) }
sub between { return $_[1] + $_[0]->fraction * ($_[2] - $_[1]) }
sub one_of { my ($self, @all) = @_; return $all[$self->below(scalar @all)] }
sub happens { return $_[0]->fraction < $_[1] }

sub shuffled {
  my ($self, @all) = @_;
  for my $i (reverse 1 .. $#all) {
    my $j = $self->below($i + 1);
    @all[$i, $j] = @all[$j, $i];
  }
  return @all;
}

1;
