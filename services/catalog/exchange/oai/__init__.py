"""OAI-PMH 2.0: other catalogues take over what changed. The protocol without I/O, and its door."""
