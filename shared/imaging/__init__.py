"""What a document's file is and whether it may be opened: type, pages, pixels; for rooms that take in or read files."""
