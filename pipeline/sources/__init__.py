"""Where customers talk: one file per kind of source, each with its own page in its docstring."""
