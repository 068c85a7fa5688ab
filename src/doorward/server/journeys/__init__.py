"""The journeys of a person, one folder each.

`flow` is what happens, in order; `pages` and `api` both call it.  Its templates and the words of
its letters lie beside.

A flow raises `Refused` with one sentence for the person, `Rejected` where the session is at fault,
and `StoreUnavailable`.  Journeys do not import each other; what several need is in `steps`.
"""
