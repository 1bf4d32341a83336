"""How fast, beside the script that people would write by hand."""
