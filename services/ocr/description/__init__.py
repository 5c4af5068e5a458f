"""The metadata draft: what a document's own pages say of it, with evidence, for a person to confirm."""
