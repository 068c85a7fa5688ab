"""What a page shows: the words, rows and drawings, and how they become HTML."""
