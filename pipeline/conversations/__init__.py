"""What a message is part of and written in: threads, language, duplicates, noise, personal data."""
