"""What every journey needs, opened with the application and closed with it."""

from dataclasses import dataclass

from ..auth import Auth
from ..passwords import Passwords
from ..types import Clock
from ..web.devices import Devices
from ..web.fastapi import Doorward
from ..web.limiter import Limiter
from .mail.outbox import Outbox
from .meters.health import Trouble
from .meters.live_sessions import Census
from .meters.metrics import Metrics
from .options import Options
from .people.users import Users
from .record.history import History
from .record.sampling import Sparing
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
