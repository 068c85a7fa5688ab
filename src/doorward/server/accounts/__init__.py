"""Accounts: users, addresses, devices, one-time links and the rules for passwords."""
