"""A scriptable XMPP user with Jingle calls, chat and MUC, on slixmpp and aiortc.

It imitates the wire behaviour of Conversations: XEP-0353 propose -> (ringing) -> proceed -> session-initiate without
candidates -> one transport-info for each candidate; XEP-0166/0167/0176 with XEP-0320 (DTLS-SRTP, actpass offer),
XEP-0338 (BUNDLE group), XEP-0294/0293/0339, rtcp-mux.  It sends tones and reports by FFT what it hears, and applies
to everything the peer sends the checks on which Conversations would end the call: see `violations`.
"""
import asyncio
import contextlib
import logging
import time
import uuid
import xml.etree.ElementTree as ET

from slixmpp import ClientXMPP
from slixmpp.exceptions import IqError, IqTimeout
from slixmpp.xmlstream.handler import Callback
from slixmpp.xmlstream.matcher import MatchXPath

from .jingle_call import Call
from .jingle_sdp import FEATURES, NS, local, ns_of, q


class Options:
    """Defaults of everything; any may be given as a keyword."""
    tone, level, codecs, no_trickle, plain, ring_delay = '440', -12.0, None, False, False, 0.3
    ca, no_ringing, priority = None, False, None
    no_jmi = False                # knows no proposals, like Jitsi Desktop
    ice_servers = None

    def __init__(self, **kw):
        for k, v in kw.items():
            setattr(self, k, v)


class JingleClient(ClientXMPP):
    def __init__(self, jid, password, options=None):
        super().__init__(jid, password)
        self.o = options or Options()
        self.enable_direct_tls = False
        if self.o.ca:
            self.ca_certs = self.o.ca
        self.t0 = time.monotonic()
        self.events, self._cond = [], asyncio.Condition()
        self.calls, self.current, self.violations, self.failures = {}, None, [], []
        self.auto = 'off'
        self.incoming = asyncio.Queue()
        for p in ('xep_0030', 'xep_0115', 'xep_0199', 'xep_0085', 'xep_0092'):
            with contextlib.suppress(Exception):
                self.register_plugin(p)
        for f in [f for f in FEATURES if f != NS['jmi'] or not self.o.no_jmi]:
            self.plugin['xep_0030'].add_feature(f)
        self.plugin['xep_0030'].add_identity(category='client', itype='phone', name='jingle_client')
        for name, path, handler in (('jingle-iq', 'iq/{%s}jingle' % NS['jingle'], self._jingle_iq),
                                    ('coin', 'iq/{%s}conference-info' % NS['confinfo'], self._coin),
                                    ('any-message', 'message', self._message),
                                    ('any-presence', 'presence', self._presence)):
            self.register_handler(Callback(name, MatchXPath('{jabber:client}' + path), handler))
        self.up = asyncio.Event()
        self.add_event_handler('session_start', self._started)
        for ev in ('failed_auth', 'failed_all_auth', 'connection_failed', 'ssl_invalid_chain', 'disconnected'):
            self.add_event_handler(ev, lambda e, n=ev: self.emit('xmpp', what=n, info=str(e) if e else None))

    # -- events
    def emit(self, ev, **kw):
        d = dict(t=round(time.monotonic() - self.t0, 3), me=self.requested_jid.user, ev=ev)
        d.update({k: v for k, v in kw.items() if v is not None})
        self.events.append(d)
        asyncio.ensure_future(self._notify())

    async def _notify(self):
        async with self._cond:
            self._cond.notify_all()

    def violation(self, text, **kw):
        self.violations.append(text)
        self.emit('violation', text=text, **kw)

    async def wait_event(self, pred, timeout):
        async def go():
            async with self._cond:
                while True:
                    for e in self.events:
                        if pred(e):
                            return e
                    await self._cond.wait()
        try:
            return await asyncio.wait_for(go(), timeout)
        except asyncio.TimeoutError:
            return None

    async def login(self, host=None, port=5222, timeout=15):
        self.connect(host, port)
        await asyncio.wait_for(self.up.wait(), timeout)

    async def _started(self, _):
        self.send_presence(ppriority=self.o.priority)
        with contextlib.suppress(Exception):
            await self.get_roster()
        self.emit('online', jid=self.boundjid.full)
        self.up.set()

    # -- stanzas in
    def ack(self, iq):
        r = self.make_iq_result(id=iq['id'], ito=iq['from'])
        if iq['to']:
            r['from'] = iq['to']
        r.send()

    def _jingle_iq(self, iq):
        if iq['type'] != 'set':
            return
        j = iq.xml.find(q('jingle', 'jingle'))
        sid = j.get('sid')
        c = self.calls.get(sid)
        if c is None or (c.state == 'ended' and j.get('action') != 'session-terminate'):
            if c is None and j.get('action') == 'session-initiate':
                c = Call(self, sid, iq['from'], False)
                self.calls[sid] = c
                asyncio.ensure_future(self._direct_in(c, iq, j))
                return
            e = iq.reply()
            e['type'] = 'error'
            e['error']['type'], e['error']['condition'] = 'cancel', 'item-not-found'
            e['error'].xml.append(ET.Element(q('errors', 'unknown-session')))
            e.send()
            self.emit('unknown-session', sid=sid, action=j.get('action'))
            return
        if c.outgoing and c.via_jmi is False and iq['from'].bare == c.peer.bare:
            pass
        elif iq['from'] != c.peer:
            self.violation('jingle %s from %s, expected %s' % (j.get('action'), iq['from'], c.peer), sid=sid)
        asyncio.ensure_future(self._guard(c.on_jingle(iq, j), c))

    async def _guard(self, coro, call):
        try:
            await coro
        except Exception as e:
            logging.debug('in call', exc_info=True)
            self.emit('error', sid=call.sid, text='%s: %s' % (type(e).__name__, e))
            self.failures.append(str(e))
            with contextlib.suppress(Exception):
                await call.terminate('failed-application')

    async def _direct_in(self, c, iq, j):
        await c.on_jingle(iq, j)
        info = c.jingle('session-info')
        ET.SubElement(info, q('info', 'ringing'))
        with contextlib.suppress(IqError, IqTimeout):
            await c.send_jingle(info)
        self._offer(c)

    def _offer(self, c):
        self.emit('incoming', sid=c.sid, sender=str(c.peer), jmi=c.via_jmi, media=c.media)
        self.incoming.put_nowait(c)
        if self.auto == 'on':
            asyncio.ensure_future(self._auto(c))
        elif self.auto == 'reject':
            asyncio.ensure_future(self._guard(c.terminate(), c))

    async def _auto(self, c):
        await asyncio.sleep(self.o.ring_delay)
        self.current = c
        await self._guard(c.accept(), c)

    def send_jmi_el(self, el, to):
        m = self.make_message(mto=to, mtype='chat')
        if local(el) == 'proceed':
            m['id'] = 'jm-proceed-' + el.get('id')
        m.append(el)
        m.append(ET.Element(q('hints', 'store')))
        m.send()

    def send_jmi(self, what, sid, to):
        self.send_jmi_el(ET.Element(q('jmi', what), id=sid), to)

    def _jmi(self, msg, el):
        sid, what, frm = el.get('id'), local(el), msg['from']
        c = self.calls.get(sid)
        self.emit('jmi', what=what, sid=sid, sender=str(frm))
        own = frm.bare == self.boundjid.bare
        if what == 'propose' and not own:
            c = Call(self, sid, frm, False, [d.get('media') for d in el.findall(q('rtp', 'description'))])
            if not c.media:
                self.violation('propose without RTP description', sid=sid)
            c.via_jmi, c.state = True, 'proposed'
            self.calls[sid] = c
            if not self.o.no_ringing:
                self.send_jmi('ringing', sid, frm)
            self._offer(c)
        elif c is None:
            return
        elif what == 'proceed' and c.outgoing and c.state == 'proposed':
            if frm.bare != c.peer.bare:
                return self.violation('proceed from %s, expected %s' % (frm, c.peer), sid=sid)
            c.peer = frm
            asyncio.ensure_future(self._guard(c.initiate(), c))
        elif what == 'reject' and c.outgoing and c.state in ('proposed', 'initiated', 'initiating'):
            words = el.find('.//' + q('jingle', 'text'))
            asyncio.ensure_future(c.finish('reject', words.text if words is not None else None, by='peer'))
        elif what == 'retract' and not c.outgoing:
            asyncio.ensure_future(c.finish('retract', by='peer'))

    def _coin(self, iq):
        if iq['type'] != 'set':
            return
        if len(iq.xml) != 1:
            self.violation('a COIN request with %d children' % len(iq.xml))
        self.ack(iq)
        self.look_for_coin(iq.xml, 'iq', iq['from'])

    def look_for_coin(self, root, where, frm):
        for el in root.iter():
            if el.tag == q('coin', 'conference-info') or el.tag == q('confinfo', 'conference-info'):
                n = ns_of(el)
                users = []
                for u in el.iter('{%s}user' % n):
                    get = lambda k: next((x.text for x in u.iter('{%s}%s' % (n, k))), None)
                    users.append({k: v for k, v in dict(
                        entity=u.get('entity'), state=u.get('state'), name=get('display-text'),
                        endpoints=[e.get('entity') for e in u.iter('{%s}endpoint' % n)] or None,
                        status=get('status')).items() if v})
                self.emit('conference-info', where=where, sender=str(frm), ns=n, entity=el.get('entity'),
                          state=el.get('state'), version=el.get('version'), users=users,
                          user_count=next((x.text for x in el.iter('{%s}user-count' % n)), None),
                          xml=ET.tostring(el, 'unicode'))
            elif el.tag == q('coin', 'conference'):
                self.emit('isfocus', where=where, sender=str(frm), isfocus=el.get('isfocus'))

    def _message(self, msg):
        for el in msg.xml:
            if ns_of(el) == NS['jmi']:
                return None if self.o.no_jmi else self._jmi(msg, el)
        self.look_for_coin(msg.xml, 'message', msg['from'])
        bodies = [e.text for e in msg.xml if local(e) == 'body']
        subj = [e.text for e in msg.xml if local(e) == 'subject']
        extra = ['{%s}%s' % (ns_of(e), local(e)) for e in msg.xml if local(e) not in ('body', 'subject', 'thread')]
        err = msg.xml.find('{jabber:client}error')
        self.emit('message', sender=str(msg['from']), to=str(msg['to']), type=msg['type'], id=msg['id'] or None,
                  body=bodies[0] if bodies else None, subject=subj[0] if subj else None,
                  delay=any(e.tag == '{urn:xmpp:delay}delay' for e in msg.xml) or None,
                  error=[local(e) for e in err] if err is not None else None, extra=extra or None)

    def _presence(self, p):
        x = p.xml.find(q('mucuser', 'x'))
        muc = None
        if x is not None:
            it = x.find(q('mucuser', 'item'))
            muc = dict(it.attrib) if it is not None else {}
            muc['status'] = [s.get('code') for s in x.findall(q('mucuser', 'status'))]
        err = p.xml.find('{jabber:client}error')
        caps = p.xml.find(q('caps', 'c'))
        self.emit('presence', sender=str(p['from']), type=p.xml.get('type') or 'available',
                  status=p['status'] or None, muc=muc, caps=caps.get('node') if caps is not None else None,
                  error=[local(e) for e in err] if err is not None else None)
        self.look_for_coin(p.xml, 'presence', p['from'])

    # -- API
    async def call(self, jid, direct=False, wait=True, timeout=30, media=('audio',)):
        c = Call(self, str(uuid.uuid4()), jid, True, media)
        self.calls[c.sid] = self.current = c
        await c.start(direct)
        if wait:
            await self.wait_connected(c, timeout)
        return c

    async def wait_connected(self, c, timeout=30):
        ts = [asyncio.ensure_future(c.connected.wait()), asyncio.ensure_future(c.ended.wait())]
        await asyncio.wait(ts, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        for t in ts:
            t.cancel()
        if c.connected.is_set():
            return True
        if c.state != 'ended':
            self.emit('call-failed', sid=c.sid, why='no media within %gs' % timeout, state=c.state)
            await c.terminate('timeout')
        return False

    # -- chat
    def subscribe(self, jid):
        self.send_presence(pto=jid, ptype='subscribe')

    def join(self, room, nick, history=None):
        p = self.make_presence(pto='%s/%s' % (room, nick))
        x = ET.Element(q('muc', 'x'))
        if history is not None:
            ET.SubElement(x, q('muc', 'history'), maxstanzas=str(history))
        p.append(x)
        p.send()

    def leave(self, room, nick):
        self.make_presence(pto='%s/%s' % (room, nick), ptype='unavailable').send()

    def say(self, jid, text, kind='chat'):
        m = self.make_message(mto=jid, mbody=text, mtype=kind)
        m['id'] = str(uuid.uuid4())
        m.send()
        return m['id']

    def whisper(self, room, nick, text):
        m = self.make_message(mto='%s/%s' % (room, nick), mbody=text, mtype='chat')
        m['id'] = str(uuid.uuid4())
        m.append(ET.Element(q('mucuser', 'x')))
        m.send()
        return m['id']

    def messages(self, text=None):
        return [e for e in self.events
                if e['ev'] == 'message' and e.get('body') and (text is None or text in e['body'])]

    async def message(self, text, timeout=10, **where):
        return await self.wait_event(
            lambda e: e['ev'] == 'message' and text in (e.get('body') or '')
            and all(e.get(k) == v for k, v in where.items()), timeout)

    async def shutdown(self):
        for c in list(self.calls.values()):
            if c.state != 'ended':
                await c.terminate()
        with contextlib.suppress(Exception):
            await asyncio.wait_for(self.disconnect(), 3)
