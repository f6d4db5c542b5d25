"""One Jingle call, as Conversations makes and takes it."""
import asyncio
import contextlib
import time
import xml.etree.ElementTree as ET

from aiortc import RTCConfiguration, RTCPeerConnection, RTCRtpSender, RTCSessionDescription
from aiortc.sdp import candidate_from_sdp
from slixmpp import JID
from slixmpp.exceptions import IqError, IqTimeout

from .jingle_sdp import candidate_line, check_description, describe, jingle_to_sdp, local, ns_of, q, sdp_to_jingle
from .media import ToneMeter, ToneTrack


class Call:
    def __init__(self, client, sid, peer, outgoing, media=('audio',)):
        self.c, self.sid, self.peer, self.outgoing = client, sid, JID(peer), outgoing
        self.media = list(media)
        self.initiator = client.boundjid.full if outgoing else None
        self.via_jmi = False
        self.state = 'new'            # proposed, proceeding, initiated, accepted, ended
        self.connected, self.ended = asyncio.Event(), asyncio.Event()
        self.incoming_offer = asyncio.Event()
        self.reason = None
        self.offer = None
        self.remote_set = False
        self.pending = []
        self.names = None
        self.tone = ToneTrack(client.o.tone, client.o.level)
        self.meter = ToneMeter()
        self.pc = None
        self.restarted = None         # a queue of answers, once we began ICE anew
        self.t0 = time.monotonic()

    def log(self, ev, **kw):
        self.c.emit(ev, sid=self.sid, **kw)

    # -- peer connection
    async def make_pc(self, offering):
        self.pc = pc = RTCPeerConnection(RTCConfiguration(iceServers=self.c.o.ice_servers or []))
        pc.on('track', self._on_track)
        pc.on('connectionstatechange', self._on_state)
        pc.on('iceconnectionstatechange', lambda: self.log('ice', state=pc.iceConnectionState))
        if offering:
            if 'audio' in self.media:
                pc.addTrack(self.tone)
            if 'video' in self.media:
                pc.addTransceiver('video')
            self._prefer()
        return pc

    async def heard(self, seconds):
        """Listens for so long, and reports the tones of that time."""
        await asyncio.sleep(seconds)
        return self.meter.analyse(seconds - 0.3)

    def _prefer(self):
        want = self.c.o.codecs
        if want:
            caps = RTCRtpSender.getCapabilities('audio').codecs
            pick = [x for w in want for x in caps if x.mimeType.lower() == 'audio/' + w.lower()]
            for t in self.pc.getTransceivers():
                if t.kind == 'audio':
                    t.setCodecPreferences(pick)

    def _on_track(self, track):
        self.log('track', kind=track.kind)
        self.meter.start(track)

    async def _on_state(self):
        st = self.pc.connectionState
        self.log('connection', state=st, ms=int((time.monotonic() - self.t0) * 1000))
        if st == 'connected':
            pair = None
            with contextlib.suppress(Exception):
                conn = self.pc.getTransceivers()[0].sender.transport.transport._connection
                pr = conn._nominated[1]
                pair = [str(pr.local_addr), str(pr.remote_addr)]
            self.log('media', pair=pair)
            self.connected.set()
        elif st == 'failed':
            await self.terminate('connectivity-error')

    # -- sending
    async def send_jingle(self, j, to=None, timeout=10):
        iq = self.c.make_iq_set(ito=to or self.peer)
        iq.append(j)
        return await iq.send(timeout=timeout)

    def jingle(self, action):
        return ET.Element(q('jingle', 'jingle'), action=action, sid=self.sid)

    async def send_description(self, action):
        trickle = not self.c.o.no_trickle
        j, cands = sdp_to_jingle(self.pc.localDescription.sdp, action, self.sid, self.initiator,
                                 None if action == 'session-initiate' else self.c.boundjid.full,
                                 self.outgoing, candidates=not trickle, extras=not self.c.o.plain)
        self.names = [c.get('name') for c in j.findall(q('jingle', 'content'))]
        self.log('sent', action=action, to=str(self.peer), contents=describe(j))
        await self.send_jingle(j)
        if trickle:
            for name, ufrag, pwd, el in cands:
                tj = self.jingle('transport-info')
                cc = ET.SubElement(tj, q('jingle', 'content'), creator='initiator', name=name)
                ET.SubElement(cc, q('ice', 'transport'), ufrag=ufrag, pwd=pwd).append(el)
                with contextlib.suppress(IqError, IqTimeout):
                    await self.send_jingle(tj)

    async def inform(self, *elements, action='session-info', sender=None):
        """A session-info with that inside; or another action, and from another client. -> its answer"""
        j = self.jingle(action)
        j.extend(elements)
        iq = (sender or self.c).make_iq_set(ito=self.peer)
        iq.append(j)
        return await iq.send(timeout=10)

    # -- outgoing
    async def start(self, direct=False):
        if direct:
            await self.initiate()
        else:
            self.via_jmi, self.state = True, 'proposed'
            m = self.c.make_message(mto=self.peer, mtype='chat')
            m['id'] = 'jm-propose-' + self.sid
            p = ET.Element(q('jmi', 'propose'), id=self.sid)
            for k in self.media:
                ET.SubElement(p, q('rtp', 'description'), media=k)
            m.append(p)
            m.append(ET.Element(q('receipts', 'request')))
            m.append(ET.Element(q('hints', 'store')))
            m.send()
            self.log('sent', action='propose', to=str(self.peer))

    async def initiate(self):
        self.state = 'initiating'
        pc = await self.make_pc(True)
        await pc.setLocalDescription(await pc.createOffer())
        try:
            await self.send_description('session-initiate')
            if self.state == 'initiating':
                self.state = 'initiated'
        except (IqError, IqTimeout) as e:
            cond = e.iq['error']['condition'] if isinstance(e, IqError) else 'timeout'
            self.log('call-failed', why='session-initiate answered with error', condition=cond)
            await self.finish('iq-error')

    # -- incoming
    async def accept(self):
        if self.via_jmi and self.state == 'proposed':
            self.state = 'proceeding'
            self.c.send_jmi('accept', self.sid, JID(self.c.boundjid.bare))
            self.c.send_jmi('proceed', self.sid, self.peer)
            self.log('sent', action='proceed', to=str(self.peer))
            await asyncio.wait_for(self.incoming_offer.wait(), 20)
        if self.state in ('accepted', 'ended'):
            return
        await self.answer()

    async def answer(self):
        self.state = 'accepted'
        pc = await self.make_pc(False)
        sdp = jingle_to_sdp(self.offer, True)
        await pc.setRemoteDescription(RTCSessionDescription(sdp, 'offer'))
        for t in pc.getTransceivers():
            t.sender.replaceTrack(self.tone)
            t.direction = 'sendrecv'
        self._prefer()
        self.remote_set = True
        await self._flush()
        await pc.setLocalDescription(await pc.createAnswer())
        await self.send_description('session-accept')

    # -- peer's jingle
    async def _flush(self):
        for name, el in self.pending:
            await self._add(name, el)
        self.pending = []

    async def _add(self, name, el):
        if el.get('protocol', '').lower() != 'udp':
            self.log('candidate-ignored', why='protocol ' + str(el.get('protocol')))
            return
        c = candidate_from_sdp(candidate_line(el))
        c.sdpMid = name
        await self.pc.addIceCandidate(c)

    async def on_jingle(self, iq, j):
        a = j.get('action')
        bad = []
        if a in ('session-initiate', 'session-accept'):
            our = self.names if a == 'session-accept' else None
            med = self.media if (a == 'session-accept' or self.via_jmi) else None
            bad = check_description(j, a, our, med)
        self.c.ack(iq)
        self.log('got', action=a, sender=str(iq['from']), contents=describe(j) or None)
        for b in bad:
            self.c.violation(b, sid=self.sid, action=a)
        self.c.look_for_coin(j, 'jingle ' + a, iq['from'])
        if a == 'session-initiate':
            self.offer, self.initiator = j, j.get('initiator') or str(iq['from'])
            self.peer = iq['from']
            if not self.via_jmi:
                self.media = [x['media'] for x in describe(j) if x.get('media')]
            if self.state in ('new', 'proceeding'):
                pre = self.state == 'proceeding'
                self.state = 'proceeding' if pre else 'offered'
            self.incoming_offer.set()
        elif a == 'session-accept':
            if self.state not in ('initiated', 'initiating'):
                return self.c.violation('session-accept in state ' + self.state, sid=self.sid)
            self.state = 'accepted'
            sdp = jingle_to_sdp(j, False, [n for n in self.names if n in [c.get('name') for c in j]] )
            await self.pc.setRemoteDescription(RTCSessionDescription(sdp, 'answer'))
            self.remote_set = True
            await self._flush()
        elif a in ('transport-info', 'transport-accept') and self.restarted is not None:
            self.restarted.put_nowait(j)
        elif a in ('transport-info', 'transport-accept'):
            for cc in j.findall(q('jingle', 'content')):
                t = cc.find(q('ice', 'transport'))
                for el in (t if t is not None else []):
                    if local(el) == 'candidate':
                        if self.remote_set:
                            await self._add(cc.get('name'), el)
                        else:
                            self.pending.append((cc.get('name'), el))
        elif a == 'session-info':
            for el in j:
                self.log('session-info', name=local(el), ns=ns_of(el), code=el.get('code'))
        elif a == 'content-add':
            r = self.jingle('content-reject')
            for cc in j.findall(q('jingle', 'content')):
                ET.SubElement(r, q('jingle', 'content'), creator=cc.get('creator', 'initiator'), name=cc.get('name'))
            await self.send_jingle(r)
        elif a == 'session-terminate':
            r = j.find(q('jingle', 'reason'))
            why = [local(x) for x in r] if r is not None else []
            txt = next((x.text for x in r if local(x) == 'text'), None) if r is not None else None
            await self.finish((why or ['none'])[0], text=txt, by='peer')

    # -- end
    async def terminate(self, reason=None):
        if self.state == 'ended':
            return
        st = self.state
        if st in ('new', 'proposed', 'proceeding') and self.via_jmi and self.pc is None:
            if self.outgoing:
                self.c.send_jmi('retract', self.sid, self.peer)
            else:
                self.c.send_jmi('reject', self.sid, self.peer)
                self.c.send_jmi('reject', self.sid, JID(self.c.boundjid.bare))
            return await self.finish('retract' if self.outgoing else 'reject', by='us')
        reason = reason or ('success' if st == 'accepted' else 'cancel' if self.outgoing else 'decline')
        j = self.jingle('session-terminate')
        ET.SubElement(ET.SubElement(j, q('jingle', 'reason')), q('jingle', reason))
        await self.finish(reason, by='us', close=False)
        with contextlib.suppress(IqError, IqTimeout):
            await self.send_jingle(j, timeout=5)
        if self.via_jmi:
            f = ET.Element(q('jmi', 'finish'), id=self.sid)
            ET.SubElement(ET.SubElement(f, q('jingle', 'reason')), q('jingle', reason))
            self.c.send_jmi_el(f, self.peer)
        await self._close()

    async def _close(self):
        if self.pc:
            with contextlib.suppress(Exception):
                await self.pc.close()

    async def finish(self, reason, text=None, by=None, close=True):
        if self.state == 'ended':
            return
        self.state, self.reason = 'ended', reason
        self.log('ended', reason=reason, text=text, by=by)
        self.ended.set()
        if close:
            await self._close()

    async def refuse_busy(self):
        """What a client does that is in another call: it takes the session, and ends it with `busy`."""
        self.state = 'proceeding'
        self.c.send_jmi('proceed', self.sid, self.peer)
        await asyncio.wait_for(self.incoming_offer.wait(), 20)
        self.state = 'offered'
        await self.terminate('busy')
