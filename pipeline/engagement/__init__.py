"""What leaves the house: opportunities in the shapes that people and their systems read."""
