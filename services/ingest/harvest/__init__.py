"""Open content fetched from where it lies, its licence checked, and taken in as any document is."""
