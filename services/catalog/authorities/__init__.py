"""Authority files: one heading for each person, body, place and subject, and the names that lead to it; routes, events
of the union and imports may enter.
"""
