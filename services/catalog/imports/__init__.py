"""Records of other systems brought into the union: sources, runs and their reports, harvests; by HTTP and command."""
