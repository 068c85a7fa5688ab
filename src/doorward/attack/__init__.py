"""The lab: attacks on a running instance, over HTTP as an attacker would use it."""
