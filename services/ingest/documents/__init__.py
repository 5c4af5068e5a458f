"""Documents: scans taken in, and what has become of each."""
