"""Sector catalogues: parts of the union saved under a name, and the rule that fills them; by HTTP."""
