"""What each tag means and which words speak for it: one file per tag, phrases in `patterns/`."""
