"""Reading one page: from a document's file to text, word boxes and a picture for the web; no events, no database."""
