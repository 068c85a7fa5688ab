"""The journeys of administrators, one folder each, built as those of a person are."""
