"""The eight questions, and the meaning of each answer."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Question:
    """`meanings` has the meaning of each word that is an answer."""

    text: str
    meanings: Mapping[str, str]


QUESTIONS: Mapping[str, Question] = {
    "clients": Question(
        "How do people use the application?",
        {
            "browser": "with a browser",
            "mobile": "with a mobile app",
            "program": "through programs of other developers",
            "all": "with a browser and with a mobile app",
        },
    ),
    "pages": Question(
        "Where are its pages served from?",
        {
            "same": "the same origin as the API",
            "subdomain": "another subdomain of the same site",
            "elsewhere": "another domain",
        },
    ),
    "others_check": Question(
        "Do other services check logins without asking this application?",
        {"no": "no, or there are no other services", "yes": "yes, with a public key"},
    ),
    "stake": Question(
        "What can somebody do with a stolen login?",
        {
            "low": "little",
            "personal": "read or change personal data",
            "money": "move money, or do serious harm",
        },
    ),
    "lock_within": Question(
        "How soon must a lock or a removed role take effect on every node?",
        {
            "now": "at the next request",
            "second": "within a second, even on a node that lost its connection to the store",
            "minute": "within a minute, even on a node that lost its connection to the store",
        },
    ),
    "away": Question(
        "After how long without use must people log in again?",
        {"minutes": "15 minutes", "workday": "12 hours", "weeks": "two weeks"},
    ),
    "roles": Question(
        "How many roles can one person have?",
        {"few": "up to twenty", "many": "more than twenty"},
    ),
    "machines": Question(
        "On how many machines does the application run?",
        {"one": "one", "some": "a few", "many": "dozens or more"},
    ),
}
