"""How often the metadata draft is right: generated documents with their truth, and the measure."""
