"""What is shown with Prosody elsewhere, once more with ejabberd."""
import pytest

from harness.ejabberd import Ejabberd
from harness.server import Stack
from test_audio import test_a_direct_session_initiate_needs_no_proposal  # noqa: F401


@pytest.fixture(scope='module')
async def stack(request):
    """ejabberd and Confab, with empty storage."""
    s = Stack(request.module.__name__, server=Ejabberd)
    try:
        await s.start()
        yield s
    finally:
        await s.stop()
