"""The record: what happened, chained so that nothing can be taken out, and how it is told."""
