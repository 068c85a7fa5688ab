"""The audit log: what happened, chained so that nothing can be taken out unnoticed."""
