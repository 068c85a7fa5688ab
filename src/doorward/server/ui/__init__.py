"""What pages show: their records, words, drawings, templates and static files."""
