"""The lab: attacks on a running instance, over HTTP alone, as an attacker has it."""
