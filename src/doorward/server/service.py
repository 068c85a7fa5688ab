"""What every journey needs, opened with the application and closed with it."""

from dataclasses import dataclass

from ..auth import Auth
from ..passwords import Passwords
from ..types import Clock
from ..web.devices import Devices
from ..web.fastapi import Doorward
from ..web.limiter import Limiter
from .accounts.users import Users
from .audit.history import History
from .audit.sampling import Sparing
from .mail.outbox import Outbox
from .metrics.health import Trouble
from .metrics.live_sessions import Census
from .metrics.metrics import Metrics
from .options import Options
from .recorder import Recorder


@dataclass(frozen=True, slots=True)
class Service:
    """The users, the sessions, and what stands between them and guessing."""

    options: Options
    doorward: Doorward
    auth: Auth
    users: Users
    passwords: Passwords
    limiter: Limiter
    devices: Devices
    recorder: Recorder
    history: History
    outbox: Outbox
    metrics: Metrics
    census: Census
    metrics_token: bytes | None
    trouble: Trouble
    sparing: Sparing
    clock: Clock
