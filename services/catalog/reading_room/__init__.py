"""Reading: page images and texts of records, for whom the access level lets in."""
