"""What library systems tell: loans, visits, uses."""
