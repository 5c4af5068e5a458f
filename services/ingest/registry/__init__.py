"""The libraries as catalog's registry last told of them, with their keys."""
