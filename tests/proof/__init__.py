"""Proof that nothing is lost and nothing doubled when processes die; the audit here imports nothing of the bus."""
