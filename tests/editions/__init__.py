"""Vietnamese editions as several libraries type them: which records describe one edition is known.

`works/` are editions written by hand, in families whose members are easily taken for one another; `libraries.yaml` are
the habits of the libraries that type them; `frozen.json` holds the digests of the sets. Tune on `tuned`. `held_out`,
and `unseen`, written after `held_out` had been judged the first time, have been looked at since. `sealed` was written
after that, by libraries of its own (`sealed.py`) and without sight of the rules, and frozen before they changed again.
`blind` was written likewise, of yet other works and by yet other libraries (`blind.py`), once `sealed` had been judged.
"""
