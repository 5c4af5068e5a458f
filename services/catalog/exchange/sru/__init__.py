"""SRU 1.1, 1.2 and 2.0: programs of others search the union with CQL. The protocol without I/O, and its door."""
