"""What is shown with Prosody elsewhere, once more with ejabberd, set up as docs/getting-started.md says."""
import asyncio

import pytest

import test_muc
from harness.ejabberd import Ejabberd
from harness.expectations import never
from harness.server import Stack
from test_state import (test_a_nick_in_use_is_refused, test_a_room_answers_a_subscription_and_asks_back,  # noqa: F401
                        test_presence_probes_are_answered, test_the_components_are_found)
from test_audio import (test_a_direct_session_initiate_needs_no_proposal,  # noqa: F401
                        test_every_codec_of_sip_and_two_ways_of_jingle_meet)
from test_bridge import placing, test_one_of_two_devices_answers  # noqa: F401
from test_chat import (four, test_a_muc_private_message_reaches_a_jingle_caller,  # noqa: F401
                       test_a_muc_private_message_reaches_a_phone, test_what_an_occupant_says_all_others_read)
from test_chat_extensions import people, test_corrections_replies_reactions_and_retractions  # noqa: F401
from test_focus import test_an_xmpp_user_is_called_in_by_a_command  # noqa: F401
from test_jingle_calls import test_a_phone_that_changes_its_network_stays_in_the_call  # noqa: F401
from test_muc import member  # noqa: F401
from test_presence import test_a_room_has_a_card_and_a_picture  # noqa: F401
from test_restart import \
    test_a_jingle_call_stands_while_the_xmpp_server_is_killed_and_what_waited_comes_in_order  # noqa: F401


@pytest.fixture(scope='module')
async def stack(request):
    """ejabberd and Confab, with empty storage."""
    s = Stack(request.module.__name__, server=Ejabberd)
    s.confab.environment['CONFAB_ROOMS_TEXTS_PER_SECOND'] = '1000'     # as for the archive's tests with Prosody
    async with s:
        yield s
        assert 'global_routes' not in s.confab.output()


async def test_who_there_is_not_is_404_and_who_is_away_rings(phone):
    dora = await phone('dora')
    _, answered = await placing(dora, 'sip:nobody@localhost')
    assert (await asyncio.wait_for(answered, 10)).status == 404
    # ejabberd keeps the proposal for her.
    call, answered = await placing(dora, 'sip:carol@localhost')
    await never(answered.done, 0.7)
    await call.cancel()
    assert (await asyncio.wait_for(answered, 10)).status == 487


async def test_the_archive_is_read_in_pages(member, room):
    await test_muc.test_the_archive_is_read_in_pages(member, room + '@rooms.localhost')
