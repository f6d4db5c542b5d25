"""A phone that changes its network in a call: ICE restart by transport-info, as Conversations does it, or by re-INVITE."""
import asyncio
import re
import xml.etree.ElementTree as ET

import aioice
from aioice.candidate import Candidate

from .jingle_sdp import candidate_el, candidate_line, q


class Move:
    """A new socket for an aiortc connection, beside the old one or in place of it."""

    def __init__(self, pc, keep_old=False):
        self.transport = pc.getTransceivers()[0].sender.transport.transport
        self.old = self.transport._connection
        self.new = aioice.Connection(ice_controlling=self.old.ice_controlling)
        if not keep_old:
            self._leave()

    def _leave(self):
        """The old network is gone: what goes and comes there is lost."""
        async def lost(data):
            pass
        self.transport._send = lost
        self.old._query_consent_task.cancel()
        for protocol in self.old._protocols:
            protocol.datagram_received = lambda data, address: None

    async def arrive(self, ufrag, pwd, candidates):
        """Connects to who has these credentials, and moves DTLS and RTP over. -> the pair"""
        self.new.remote_username, self.new.remote_password = ufrag, pwd
        for line in candidates:
            await self.new.add_remote_candidate(Candidate.from_sdp(line))
        await self.new.add_remote_candidate(None)
        await asyncio.wait_for(self.new.connect(), 30)
        self.transport._connection = self.new
        self.transport._recv, self.transport._send = self.new.recv, self.new.send
        self.new._event_waiter, self.old._event_waiter = self.old._event_waiter, None
        # DTLS waits at the old connection: a datagram that means nothing sends it on to the new one.
        self.old._queue.put_nowait((b'\0', 1))
        return self.new._nominated[1]


async def restart(call, keep_old=False):
    """In a Jingle call: the new credentials, then each candidate. -> the pair"""
    move = Move(call.pc, keep_old)
    await move.new.gather_candidates()
    call.restarted = asyncio.Queue()

    async def tell(candidates):
        request = call.jingle('transport-info')
        for name in call.names:
            content = ET.SubElement(request, q('jingle', 'content'), creator='initiator', name=name)
            t = ET.SubElement(content, q('ice', 'transport'), ufrag=move.new.local_username, pwd=move.new.local_password)
            for candidate in candidates:
                t.append(candidate_el(candidate.to_sdp()))
        await call.send_jingle(request)

    await tell([])
    answer = await asyncio.wait_for(call.restarted.get(), 20)
    for candidate in move.new.local_candidates:
        await tell([candidate])
    theirs = answer.find(q('jingle', 'content')).find(q('ice', 'transport'))
    return await move.arrive(theirs.get('ufrag'), theirs.get('pwd'),
                             [candidate_line(el) for el in theirs.findall(q('ice', 'candidate'))])


def attributes(sdp, name):
    return re.findall(r'^a=%s:(.*?)\r?$' % name, sdp, re.M)


async def reinvite(call, pc):
    """In a SIP call, from a new network: the same offer under other credentials. -> the pair"""
    move = Move(pc)
    await move.new.gather_candidates()
    offer = pc.localDescription.sdp
    for name, value in (('ice-ufrag', move.new.local_username), ('ice-pwd', move.new.local_password)):
        offer = re.sub(r'(?m)^a=%s:.*?(\r?)$' % name, r'a=%s:%s\1' % (name, value), offer)
    offer = re.sub(r'(?m)^a=(candidate:.*|end-of-candidates)\r?\n', '', offer)
    offer += ''.join('a=candidate:%s\r\n' % c.to_sdp() for c in move.new.local_candidates)
    response = await call.ask('INVITE', [('Content-Type', 'application/sdp')], offer)
    assert response.status == 200, response
    call.acknowledge()
    theirs = [attributes(response.body, name)[0] for name in ('ice-ufrag', 'ice-pwd')]
    return await move.arrive(*theirs, attributes(response.body, 'candidate'))
