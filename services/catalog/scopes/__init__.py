"""Sector catalogues: parts of the union saved under a name, with page, feed, export and OAI set; by HTTP and a loop."""
