"""One cluster at its stable address, or a whole set, in the format that is asked for."""
