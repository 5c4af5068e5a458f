"""Readings that came with the scans, as ALTO of a firm's own engine; whoever reads pages may enter."""
