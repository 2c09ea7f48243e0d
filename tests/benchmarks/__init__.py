"""Benchmarks: ours and its rivals in one run on the same data; ./dev bench runs them."""
