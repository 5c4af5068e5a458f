"""How other programs get at the union: OAI-PMH, SRU, exports of a cluster, open data. Anyone may enter, by HTTP."""
