"""The journeys of a person, one file each, called by the pages and by the API alike.

Each raises `Refused` with one sentence for the person, `Rejected` where the session is at fault,
and `StoreUnavailable`.
"""
