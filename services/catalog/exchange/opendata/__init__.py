"""Open data: the whole public union as files, made every night, described by DCAT, for anyone to fetch."""
