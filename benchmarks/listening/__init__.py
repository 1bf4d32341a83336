"""How good listening is: languages, reposts and noise, measured on sets of this project."""
