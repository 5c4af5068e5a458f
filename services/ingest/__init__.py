"""The door: scans come in by upload or drop folder, library systems tell what happened."""
