#!/usr/bin/perl
# simple2zoom (Debian: libnet-z3950-simple2zoom-perl 1.04) with the terms of queries made right: it joins a term, which
# comes as bytes, to the name of an index, which XML gave as text, and so encodes Vietnamese twice; and it lets quotation
# marks within a term end it.
#
#     gateway.pl CONFIG LISTENER...        e.g. gateway.pl simple2zoom.xml tcp:0.0.0.0:210
use strict;
use warnings;
use Encode qw(decode);
use Net::Z3950::Simple2ZOOM;

my $to_cql = \&Net::Z3950::RPN::Term::_toCQL;
{
    no warnings 'redefine';
    *Net::Z3950::RPN::Term::_toCQL = sub {
        my ($term, @rest) = @_;
        $term->{term} = decode('UTF-8', $term->{term}) unless utf8::is_utf8($term->{term});
        $term->{term} =~ s/(["\\])/\\$1/g;
        return $to_cql->($term, @rest);
    };
}

my ($config, @listeners) = @ARGV;
Net::Z3950::Simple2ZOOM->new($config)->launch_server('gateway', @listeners);
