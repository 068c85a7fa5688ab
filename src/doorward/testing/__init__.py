"""What tests of an application, or of a store of one's own, may use.

`FakeClock`; `doorward.testing.client.Client` and the pytest fixture `logged_in_as` for
applications; `doorward.testing.contract.StoreContract` for stores.
"""

from .clock import FakeClock as FakeClock
