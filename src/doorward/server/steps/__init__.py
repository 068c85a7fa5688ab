"""Steps that several journeys take, with the service as their first argument.

Each raises `Refused` with one sentence for the person, `Rejected` where the session is at fault,
and `StoreUnavailable`.
"""
