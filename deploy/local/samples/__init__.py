"""Documents written for the demonstration, tests and benchmarks, drawn when asked for; each with its true text."""
