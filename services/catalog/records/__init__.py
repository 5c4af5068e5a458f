"""Bibliographic records: from the draft that a recognised document makes to the published record and its end."""
