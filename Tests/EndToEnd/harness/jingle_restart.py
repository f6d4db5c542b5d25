"""A phone that changes its network in a call: ICE restart by transport-info, as Conversations does it."""
import asyncio
import xml.etree.ElementTree as ET

import aioice
from aioice.candidate import Candidate

from .jingle_sdp import candidate_el, candidate_line, q


async def restart(call, keep_old=False):
    """Gathers on another port, tells the new credentials, then each candidate, and moves DTLS and RTP over. -> the pair

    The old network goes first, unless it is to be kept: what goes and comes there is lost from then on.
    """
    transport = call.pc.getTransceivers()[0].sender.transport.transport
    old = transport._connection
    new = aioice.Connection(ice_controlling=old.ice_controlling)
    await new.gather_candidates()
    if not keep_old:
        async def lost(data):
            pass
        transport._send = lost
        old._query_consent_task.cancel()
        for protocol in old._protocols:
            protocol.datagram_received = lambda data, address: None
    call.restarted = asyncio.Queue()

    async def tell(candidates):
        request = call.jingle('transport-info')
        for name in call.names:
            content = ET.SubElement(request, q('jingle', 'content'), creator='initiator', name=name)
            t = ET.SubElement(content, q('ice', 'transport'), ufrag=new.local_username, pwd=new.local_password)
            for candidate in candidates:
                t.append(candidate_el(candidate.to_sdp()))
        await call.send_jingle(request)

    await tell([])
    answer = await asyncio.wait_for(call.restarted.get(), 20)
    for candidate in new.local_candidates:
        await tell([candidate])
    theirs = answer.find(q('jingle', 'content')).find(q('ice', 'transport'))
    new.remote_username, new.remote_password = theirs.get('ufrag'), theirs.get('pwd')
    for el in theirs.findall(q('ice', 'candidate')):
        await new.add_remote_candidate(Candidate.from_sdp(candidate_line(el)))
    await new.add_remote_candidate(None)
    await asyncio.wait_for(new.connect(), 30)
    transport._connection, transport._recv, transport._send = new, new.recv, new.send
    new._event_waiter, old._event_waiter = old._event_waiter, None
    # DTLS waits at the old connection: a datagram that means nothing sends it on to the new one.
    old._queue.put_nowait((b'\0', 1))
    return new._nominated[1]
