"""People: their accounts, addresses, devices, tickets, and how often they may be wrong."""
