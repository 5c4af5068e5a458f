"""Content that must not be public before a person has judged it: rules over read pages; the gathering may enter."""
