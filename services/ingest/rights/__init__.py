"""Rights: what the law and licences let the public read, by rule, with the source of each; any door may enter."""
