"""One cluster at its stable address, in the format that is asked for."""
