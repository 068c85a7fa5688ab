"""Attacks on a server, as data: how each is played, and the line of the log that has to name it.

An attack that the server makes harmless without refusing anything is not here (a foreign
`return_to`, another `Host`, markup in a `User-Agent`, a role in the body of a sign-up): its request
is answered like any other, so no line could tell them apart.
"""

from . import ended, forged, guessed, requests

ATTACKS = (*ended.ATTACKS, *forged.ATTACKS, *guessed.ATTACKS, *requests.ATTACKS)
