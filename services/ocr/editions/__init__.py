"""What others read: page images, and for each edition of a document its text, manifest and PDF/A; events come in."""
