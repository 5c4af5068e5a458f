"""Vietnamese editions as several libraries type them: which records describe one edition is known.

`works/` are editions written by hand, in families whose members are easily taken for one another; `libraries.yaml` are
the habits of the libraries that type them; `frozen.json` holds the digests of both sets. Tune on `tuned`, never on
`held_out`, nor on `unseen`, which was written after `held_out` had been judged the first time.
"""
