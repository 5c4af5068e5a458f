"""One-off reading of files into a folder, by the service's own reading; entered from the command line alone."""
