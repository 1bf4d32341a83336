"""Public benchmarks under their own protocols, beside the published numbers.

The models here are made for a benchmark, trained on its own training split and thrown away: they
tell what the features of this project are worth, and nothing of them is shipped. How the shipped
models do on the same text stands in a table of its own.
"""
