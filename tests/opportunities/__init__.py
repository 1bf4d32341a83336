"""What detections become for people."""
