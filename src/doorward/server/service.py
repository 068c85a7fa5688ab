"""What every journey needs, opened with the application and closed with it."""

from collections.abc import Mapping
from dataclasses import dataclass

from ..auth import Auth
from ..passwords import Passwords
from ..types import Clock
from ..web.devices import Devices
from ..web.fastapi import Doorward
from ..web.limiter import Limiter
from .accounts.breached import BreachedPasswords
from .accounts.email_changes import EmailChanges
from .accounts.factors import Factors
from .accounts.guess_alarm import GuessAlarm
from .accounts.passkeys import Passkeys
from .accounts.recovery_codes import RecoveryCodes
from .accounts.totp import Totp
from .accounts.users import Users
from .audit.history import History
from .audit.kinds import Kinds
from .audit.sampling import Sampling
from .mail.letter import Letters
from .mail.outbox import Outbox
from .mail.terminal import Terminal
from .metrics.health import RecentFailure
from .metrics.live_sessions import LiveSessions
from .metrics.metrics import Metrics
from .oauth.provider import Provider
from .options import Options
from .recorder import Recorder
from .ui.notice import Notice
from .ui.site import Site


@dataclass(frozen=True, slots=True)
class Service:
    """The users, the sessions, and what stands between them and guessing."""

    options: Options
    doorward: Doorward
    auth: Auth
    users: Users
    email_changes: EmailChanges
    factors: Factors
    passkeys: Passkeys
    totp: Totp
    recovery_codes: RecoveryCodes
    provider: Provider
    passwords: Passwords
    breached: BreachedPasswords | None
    limiter: Limiter
    devices: Devices
    recorder: Recorder
    history: History
    kinds: Kinds
    outbox: Outbox
    letters: Letters
    terminal: Terminal
    notices: Mapping[str, Notice]
    site: Site
    metrics: Metrics
    live_sessions: LiveSessions
    metrics_token: bytes | None
    recent_failure: RecentFailure
    sampling: Sampling
    guess_alarm: GuessAlarm
    clock: Clock
