"""Page readings: made by the workers, one row each, stored before they are announced."""
