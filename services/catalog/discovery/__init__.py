"""How readers find records: the search index kept from the record topic, the search API and the web pages."""
