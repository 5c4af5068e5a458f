"""The librarians' web pages: files imported, reports read, doubtful pairs judged, clusters mended; for browsers."""
