"""One file an attack, each with an `ATTACK`; `catalogue` finds them by listing this folder."""
