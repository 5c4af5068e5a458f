"""The libraries of the union, and the keys with which their systems speak."""
