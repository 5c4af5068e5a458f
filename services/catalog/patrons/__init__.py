"""Patrons: a pseudonym for every event, and a sealed card that only notices open."""
