"""How well the fields of leads and complaints are read, on labelled messages of our own."""
