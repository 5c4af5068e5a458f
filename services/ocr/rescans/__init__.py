"""Scans that must be made again: asked for by rule or by a person, and closed by a new scan; whoever judges scans or
texts may enter.
"""
