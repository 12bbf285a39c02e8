"""What the owner keeps about the clinic itself: its facts, rooms, devices, and visits outside a course."""
