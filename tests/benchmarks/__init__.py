"""Figures beside their baselines; `make bench` writes var/bench.json and docs/benchmarks.md."""
