"""The union: contributions of libraries, and the clusters of those that describe one edition; by HTTP and events."""
