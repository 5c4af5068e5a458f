"""The lending desk of libraries that have no system of their own, and the counting of uses."""
