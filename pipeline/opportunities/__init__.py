"""What detections mean for people: leads, complaints and ideas to act on. Pure functions."""
