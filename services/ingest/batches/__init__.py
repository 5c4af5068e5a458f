"""Batches: what a delivery of documents was to hold, by its manifest, and how far it is."""
