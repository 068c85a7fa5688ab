"""What the server knows of itself: counted, timed, and told to who may ask."""
