"""The eight questions, and what each answer to them means."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Question:
    """`meanings` has every word that may be answered, and what it says."""

    text: str
    meanings: Mapping[str, str]


QUESTIONS: Mapping[str, Question] = {
    "clients": Question(
        "What do people use it with?",
        {
            "browser": "a browser",
            "mobile": "a mobile app",
            "program": "programs of other people",
            "all": "a browser and a mobile app",
        },
    ),
    "pages": Question(
        "Where do its pages come from?",
        {
            "same": "the origin that also answers the requests",
            "subdomain": "another subdomain of the same site",
            "elsewhere": "another domain",
        },
    ),
    "others_check": Question(
        "Do other services check logins by themselves, without asking this one?",
        {"no": "they ask, or there are none", "yes": "they check with a public key"},
    ),
    "stake": Question(
        "What can somebody do with a stolen login?",
        {
            "low": "little",
            "personal": "read or change what is somebody's own",
            "money": "move money, or harm somebody",
        },
    ),
    "lock_within": Question(
        "How soon must a lock or a lost role be obeyed everywhere?",
        {
            "now": "by the next request",
            "second": "within a second, even when connections are cut",
            "minute": "within half a minute, even when connections are cut",
        },
    ),
    "away": Question(
        "How long may somebody be away without logging in again?",
        {"minutes": "15 minutes", "workday": "12 hours", "weeks": "two weeks"},
    ),
    "roles": Question(
        "How many roles can one person have?",
        {"few": "up to twenty", "many": "more"},
    ),
    "machines": Question(
        "On how many machines does it run?",
        {"one": "one", "some": "a few", "many": "dozens or more"},
    ),
}
