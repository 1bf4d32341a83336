"""What a day brought, in figures: pure functions over the rows of the tables."""
