"""Which library has which items of an edition, where, and whether they can be had now; by HTTP and events of loans."""
