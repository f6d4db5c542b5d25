"""A client, and Confab, that need coturn: once more with ejabberd."""
import functools

import pytest

from harness.ejabberd import Ejabberd
from harness.network import INTERNET, Coturn
from test_networks import (Place, pytestmark, serve,  # noqa: F401
                           test_a_client_that_reaches_nothing_but_its_turn_server_is_in_the_call,
                           test_behind_a_nat_that_lets_nothing_in_confab_is_reached_by_its_relay)

MODULES = """  mod_stun_disco:
    access: all
    secret: %s
    services: [{host: %s, port: 3478, type: turn, transport: udp, restricted: true}]
""" % (Coturn.SECRET, INTERNET)


@pytest.fixture(scope='module')
async def stack(request):
    place = Place(request.module.__name__, server=functools.partial(Ejabberd, modules=MODULES))
    try:
        await place.start()
        yield place
    finally:
        await place.stop()
