"""The drop folder: documents laid down by scanners and people without a browser."""
